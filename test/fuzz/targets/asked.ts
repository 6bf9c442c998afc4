// JSON that is taken from a reader who holds an invitation: requests, withdrawals, and who asks for a copy.
import { base64url, fromBase64url } from "../../../sdk/bytes.ts";
import { Npk } from "../../../sdk/hpke/suite.ts";
import { invite, randomId } from "../../server/sealed.ts";
import type { Target } from "../fuzz.ts";
import { jsonBody } from "../mutate.ts";
import { buildWorld } from "../world.ts";
import { refusalOf } from "./judged.ts";

const genuineInputs = 12;
const kinds = ["unsubscribe", "resubscribe", "erase"] as const;

export const readerRequest: Target = {
  name: "request",
  about:
    "POST /v1/requests and /v1/withdrawals: only an invited reader, only a request that exists, only for oneself",
  async prepare() {
    const world = await buildWorld();
    const invitations = await Promise.all(
      Array.from({ length: genuineInputs }, () => invite(world.keys, world.campaign, {})),
    );
    const requests = invitations.map((invitation, index) => ({
      invitation,
      requestId: randomId(16),
      request: kinds[index % kinds.length],
    }));
    const withdrawals = invitations.map((invitation) => ({ invitation }));
    return {
      make(random) {
        const list: readonly object[] = random.once(2) ? requests : withdrawals;
        const path = list === requests ? 0 : 1;
        return Uint8Array.from([
          path,
          ...jsonBody(random, random.pick(list), random.pick(requests)),
        ]);
      },
      async judge(input) {
        const isRequest = (input[0] ?? 0) % 2 === 0;
        const body = input.slice(1);
        const response = await world.fetch(isRequest ? "/v1/requests" : "/v1/withdrawals", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
        });
        const refusal = await refusalOf(response);
        if (refusal !== undefined) return refusal;
        await response.text();
        // Taken: it must be a request of one of ours, whatever the id, and nothing beside.
        const said = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>; // It was taken.
        const { invitation, request, ...rest } = said;
        const names = Object.keys(rest).join();
        const isOwn =
          invitations.includes(String(invitation)) &&
          (isRequest
            ? kinds.includes(String(request) as "erase") && names === "requestId"
            : request === undefined && names === "");
        return isOwn ? { is: "same" } : { is: "accepted", why: Buffer.from(body).toString() };
      },
      secrets: invitations,
      close: () => world.close(),
    };
  },
};

export const dataRequest: Target = {
  name: "data-request",
  about: "POST /v1/my-data up to the region: nothing is relayed but a whole invitation and a key",
  async prepare() {
    const world = await buildWorld();
    const invitations = await Promise.all(
      Array.from({ length: genuineInputs }, () => invite(world.keys, world.campaign, {})),
    );
    const inputs = invitations.map((invitation) => ({
      invitation,
      publicKey: base64url(crypto.getRandomValues(new Uint8Array(Npk))),
    }));
    const relayed: unknown[] = [];
    // Where the region's server would be: it is asked only for what passed.
    globalThis.fetch = (_, init) => {
      const body: unknown = JSON.parse(Buffer.from(init?.body as Uint8Array).toString());
      relayed.push(body);
      return Promise.resolve(Response.json({ envelope: "AAAA" }));
    };
    return {
      make: (random) => jsonBody(random, random.pick(inputs), random.pick(inputs)),
      async judge(input) {
        const response = await world.fetch("/v1/my-data", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: input.slice(),
        });
        const refusal = await refusalOf(response);
        if (refusal !== undefined) return refusal;
        await response.text();
        const asked = relayed.splice(0) as { invitation: string; publicKey: string }[]; // Ours.
        const isOwn = asked.every(
          ({ invitation, publicKey, ...rest }) =>
            invitations.includes(invitation) &&
            fromBase64url(publicKey)?.length === Npk &&
            Object.keys(rest).length === 0,
        );
        return isOwn ? { is: "same" } : { is: "accepted", why: JSON.stringify(asked) };
      },
      secrets: invitations,
      close: () => world.close(),
    };
  },
};
