// Readers and their devices: they send, try again where nobody answered or they were told to wait, and remember what they heard.
import type { Submission } from "../../sdk/schema/submission.ts";
import type { Clock, Process } from "./clock.ts";
import type { Calling, Edge } from "./edge.ts";
import { describeStep, type Told } from "./ledger.ts";
import { isolates, type ReaderStep } from "./plan.ts";
import type { Random } from "./random.ts";
import { submissionIdOf } from "./world.ts";

const triesMax = 10;
const patienceMilliseconds = 25_000;
const pauseMilliseconds = [200, 3_000] as const;
const retryAfterSecondsMax = 10;
const address = "https://edge.simulated";

/** The way between devices and the edge. */
export interface DeviceNetwork {
  lost: number;
  delay: readonly [number, number];
}

/** What came of one try. */
type Heard =
  | { readonly kind: "nothing" }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body: Readonly<Record<string, unknown>>;
      readonly retryAfter: number;
    };

const post = (path: string, body: unknown): Request =>
  new Request(address + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const textIn = (body: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = body[name];
  return typeof value === "string" ? value : undefined;
};

export class People {
  readonly network: DeviceNetwork = { lost: 0, delay: [1, 30] };
  readonly told: Told[] = [];
  /** Steps whose readers still try. */
  trying = 0;
  /** Answers of the edge that are a bug by themselves. */
  readonly bugs: string[] = [];
  readonly #clock: Clock;
  readonly #self: Process;
  readonly #random: Random;
  readonly #edge: Edge;
  readonly #sealed: ReadonlyMap<ReaderStep, Submission>;

  constructor(
    clock: Clock,
    self: Process,
    random: Random,
    edge: Edge,
    sealed: ReadonlyMap<ReaderStep, Submission>,
  ) {
    this.#clock = clock;
    this.#self = self;
    this.#random = random;
    this.#edge = edge;
    this.#sealed = sealed;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.later(this.#self, milliseconds, resolve);
    });
  }

  /** Sends one step until something is certain, or the reader gives up. */
  async send(step: ReaderStep): Promise<Told> {
    this.trying += 1;
    const sentAt = this.#clock.now;
    let outcome: Told["outcome"] = { kind: "unknown" };
    let isCertain = false;
    for (let tries = 0; tries < triesMax && !isCertain; tries++) {
      const heard = await this.#try(step, (step.isolate + tries) % isolates);
      if (heard.kind === "nothing") {
        await this.#pause(this.#random.between(...pauseMilliseconds));
        continue;
      }
      const { status, body, retryAfter } = heard;
      const code = textIn(body, "code") ?? "no code";
      if (status === 202) {
        isCertain = true;
        const receipt = textIn(body, "receipt") ?? textIn(body, "recordedAt") ?? "";
        outcome = { kind: "acknowledged", receipt, confirm: body["confirm"] === true };
      } else if (status === 503 || status === 429)
        await this.#pause(1_000 * Math.min(retryAfter, retryAfterSecondsMax) + 10);
      else {
        isCertain = true;
        outcome = { kind: "refused", code };
        if (status >= 500) this.bugs.push(`edge ${status}: ${code} to ${describeStep(step)}`);
      }
    }
    const said = outcome.kind === "refused" ? outcome.code : outcome.kind;
    this.#clock.tell(`${describeStep(step)}: ${said}`);
    const told = { step, sentAt, heardAt: this.#clock.now, outcome };
    this.told.push(told);
    this.trying -= 1;
    return told;
  }

  async #try(step: ReaderStep, isolate: number): Promise<Heard> {
    const { lost, delay } = this.network;
    const random = this.#random;
    const requestLost = random.happens(lost);
    const answerLost = random.happens(lost);
    this.#clock.tell(`${describeStep(step)} to isolate ${isolate}`);
    await this.#pause(random.between(...delay));
    if (requestLost) return { kind: "nothing" };
    const calling = this.#edge.request(isolate, this.#self, this.#request(step));
    const heard = await Promise.race([this.#hear(calling), this.#leave(step, calling)]);
    await this.#pause(random.between(...delay));
    return answerLost ? { kind: "nothing" } : heard;
  }

  async #hear({ response }: Calling): Promise<Heard> {
    try {
      const answer = await response;
      const text = await answer.text();
      return {
        kind: "answer",
        status: answer.status,
        body: JSON.parse(text) as Record<string, unknown>, // Whatever it is, its members are looked at one by one.
        retryAfter: Number(answer.headers.get("retry-after") ?? 1),
      };
    } catch {
      return { kind: "nothing" };
    }
  }

  async #leave({ hangUpAfter }: ReaderStep, calling: Calling): Promise<Heard> {
    await this.#pause(hangUpAfter ?? patienceMilliseconds);
    calling.hangUp();
    return { kind: "nothing" };
  }

  #request(step: ReaderStep): Request {
    const { invitation } = step.reader;
    switch (step.kind) {
      case "answer":
        return post("/v1/answers", this.#sealed.get(step));
      case "preferences":
        return post("/v1/preferences", this.#sealed.get(step));
      case "withdrawal":
        return post("/v1/withdrawals", { invitation });
      case "request":
        return post("/v1/requests", {
          invitation,
          requestId: submissionIdOf(step),
          request: step.request,
        });
    }
  }
}
