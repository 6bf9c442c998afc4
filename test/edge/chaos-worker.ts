// The product's worker with a clock that jumps: the chaos suite builds it in place of edge/worker.ts.
import { machineTime, setClockOffset } from "./clock.ts";
import { Outbox as ProductOutbox } from "../../edge/outbox.ts";
import type { Bindings } from "../../edge/env.ts";

export { CampaignStore } from "../../edge/campaign-store.ts";
export { default } from "../../edge/worker.ts";

let patched = false;

/** In a real jump the platform's alarms jump too: here they are told the machine's time. */
function jumpAlarms(storage: DurableObjectStorage): void {
  if (patched) return;
  patched = true;
  const prototype = Object.getPrototypeOf(storage) as DurableObjectStorage; // It is its class's.
  const real = Object.getOwnPropertyDescriptor(prototype, "setAlarm")
    ?.value as DurableObjectStorage["setAlarm"]; // Where the platform has it.
  prototype.setAlarm = function (this: DurableObjectStorage, at, options) {
    return real.call(this, machineTime(Number(at)), options);
  };
}

export class Outbox extends ProductOutbox {
  constructor(ctx: DurableObjectState, env: Bindings) {
    jumpAlarms(ctx.storage);
    super(ctx, env);
  }
}

/** On a port of its own that readers cannot reach: `POST /?offset=<milliseconds>`. */
export const control = {
  fetch(request: Request): Response {
    const offset = Number(new URL(request.url).searchParams.get("offset"));
    if (!Number.isSafeInteger(offset)) return new Response("no offset", { status: 400 });
    setClockOffset(offset);
    return new Response(null, { status: 204 });
  },
} satisfies ExportedHandler<Bindings>;
