// HTTP between processes without sockets: whole messages that are late, lost, doubled, cut, or answered by what stands in
// between. Whoever runs out of patience aborts, and never learns what became of the request.
import type { Clock, Process } from "./clock.ts";
import type { Random } from "./random.ts";

/** How a way between two processes behaves now: probabilities, each of one request. */
export interface Weather {
  /** Milliseconds one way. */
  delay: readonly [number, number];
  /** Never arrives. */
  requestLost: number;
  /** Arrives and is done, and nobody hears of it. */
  answerLost: number;
  /** Arrives cut off in the middle. */
  requestCut: number;
  /** The answer breaks off in the middle. */
  answerCut: number;
  /** Arrives twice. */
  doubled: number;
  /** Something in between answers: 500, 502, 503, or 200 with no word of ours. */
  strangeAnswer: number;
}

export const fairWeather: Weather = {
  delay: [0.3, 4],
  requestLost: 0,
  answerLost: 0,
  requestCut: 0,
  answerCut: 0,
  doubled: 0,
  strangeAnswer: 0,
};

/** A lost message is told by a reset, or by nothing at all. */
const resetRather = 0.6;
const resetMilliseconds = [1, 200] as const;
/** The copy of a doubled request comes this much later. */
const copyMilliseconds = [0, 50] as const;

export interface Message {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  /** The body ends before it is whole. */
  readonly cut?: boolean;
}

/** Somebody who listens. */
export interface Endpoint {
  readonly process: Process;
  readonly answer: (request: Request) => Promise<Response>;
}

const unreachable = (): TypeError => new TypeError("fetch failed");

/** Bytes that break off: what was sent of them, and then an error. */
const brokenOff = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new ReadableStream({
    start(controller) {
      if (bytes.length > 1) controller.enqueue(bytes.slice(0, bytes.length >> 1));
    },
    pull(controller) {
      controller.error(new TypeError("terminated"));
    },
  });

const bodyOf = ({ body, cut }: Pick<Answer, "body" | "cut">) =>
  cut === true ? brokenOff(body) : body;

const strangeAnswers: readonly { status: number; body: string; headers: [string, string][] }[] = [
  { status: 500, body: "Internal Server Error", headers: [] },
  { status: 502, body: "<html>Bad Gateway</html>", headers: [["content-type", "text/html"]] },
  { status: 503, body: "", headers: [["retry-after", "1"]] },
  { status: 200, body: "<html>Welcome to this network</html>", headers: [] },
  { status: 200, body: '{"results":[', headers: [["content-type", "application/json"]] },
  { status: 200, body: '{"results":[]}', headers: [["content-type", "application/json"]] },
];

/** The way to one endpoint, whoever listens there now. */
export class Link {
  readonly name: string;
  weather: Weather = fairWeather;
  endpoint: Endpoint | undefined;
  /** Status of each answer that the endpoint gave: a run looks for faults of ours in it. */
  readonly statuses = new Map<number, number>();
  readonly #clock: Clock;
  readonly #platform: Process;
  readonly #random: Random;
  readonly #broken = new Map<Process, Set<() => void>>();

  constructor(name: string, clock: Clock, platform: Process, random: Random) {
    this.name = name;
    this.#clock = clock;
    this.#platform = platform;
    this.#random = random;
  }

  /** Whoever waits for an answer of this process gets none. */
  breakOff(process: Process): void {
    for (const fail of this.#broken.get(process) ?? []) fail();
    this.#broken.delete(process);
  }

  /** `caller` hears of the answer, or of none, unless it aborts before. */
  send(caller: Process, message: Message, signal?: AbortSignal | null): Promise<Response> {
    return new Promise((resolve, reject) => {
      const context = this.#clock.context();
      let settled = false;
      const settle = (milliseconds: number, run: () => void): void => {
        this.#clock.at(caller, this.#clock.now + milliseconds, context, () => {
          if (settled) return;
          settled = true;
          run();
        });
      };
      const abort = (): void => {
        if (settled) return;
        settled = true;
        this.#clock.tell(`${caller.name} gives up on ${this.name}`);
        reject(new DOMException("The operation was aborted", "AbortError"));
      };
      if (signal?.aborted === true) abort();
      else signal?.addEventListener("abort", abort, { once: true });
      this.#travel(message, {
        answered: (answer) =>
          settle(this.#random.between(...this.weather.delay), () =>
            resolve(new Response(bodyOf(answer), answer)),
          ),
        lost: (what) => {
          this.#clock.tell(`${this.name}: ${what}`);
          if (this.#random.happens(resetRather))
            settle(this.#random.between(...resetMilliseconds), () => reject(unreachable()));
        },
      });
    });
  }

  #travel(
    message: Message,
    { answered, lost }: { answered: (answer: Answer) => void; lost: (what: string) => void },
  ): void {
    const { weather } = this;
    const random = this.#random;
    const cut = random.happens(weather.requestCut);
    const answerLost = random.happens(weather.answerLost);
    const answerCut = random.happens(weather.answerCut);
    const doubled = random.happens(weather.doubled);
    if (random.happens(weather.requestLost)) {
      lost("request lost");
      return;
    }
    if (random.happens(weather.strangeAnswer)) {
      const { status, body, headers } = random.one(strangeAnswers);
      this.#clock.tell(`${this.name}: a stranger answers ${status}`);
      answered({ status, headers: new Headers(headers), body: Buffer.from(body) });
      return;
    }
    const deliver = (first: boolean): void => {
      this.#deliver(message, cut, {
        answered: (answer) => {
          // The copy's answer has nobody to go to.
          if (!first) return;
          if (cut || answerLost) lost(`answer ${answer.status} lost`);
          else answered(answerCut ? { ...answer, cut: true } : answer);
        },
        lost: (what) => first && lost(what),
      });
    };
    this.#clock.later(this.#platform, random.between(...weather.delay), () => deliver(true));
    if (!doubled) return;
    const later = random.between(...weather.delay) + random.between(...copyMilliseconds);
    this.#clock.later(this.#platform, later, () => deliver(false));
  }

  #deliver(
    { method, path, headers, body }: Message,
    cut: boolean,
    { answered, lost }: { answered: (answer: Answer) => void; lost: (what: string) => void },
  ): void {
    const { endpoint } = this;
    if (endpoint === undefined || !endpoint.process.alive) {
      lost("nobody listens");
      return;
    }
    const { process } = endpoint;
    const request = new Request(`http://server.simulated${path}`, {
      method,
      headers,
      ...(method !== "GET" && { body: cut ? brokenOff(body) : body, duplex: "half" }),
    });
    const fail = (): void => lost(`${process.name} died`);
    const waiting = this.#broken.get(process) ?? new Set();
    this.#broken.set(process, waiting.add(fail));
    this.#clock.mark(`taken ${this.name}`);
    this.#clock.later(process, 0, () => {
      this.#clock.tell(`${process.name} takes ${method} ${path}, ${body.length} bytes`);
      void this.#serve(endpoint, request, (answer) => {
        if (waiting.delete(fail)) answered(answer);
      });
    });
  }

  async #serve(
    { process, answer }: Endpoint,
    request: Request,
    answered: (answer: Answer) => void,
  ): Promise<void> {
    const response = await answer(request);
    const { status, headers } = response;
    const body = new Uint8Array(await response.arrayBuffer());
    this.#clock.tell(`${process.name} answers ${status}`);
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    answered({ status, headers, body });
  }
}

type FetchInit = Omit<RequestInit, "body"> & { readonly body?: BodyInit | null };

/** `fetch` for a process: `links` by host, `gate` waits for what must be on disk before anything leaves. */
export const fetchOf =
  (process: Process, links: ReadonlyMap<string, Link>, gate: () => Promise<void>) =>
  async (address: string, init: FetchInit = {}): Promise<Response> => {
    const { host, pathname, search } = new URL(address);
    const link = links.get(host);
    if (link === undefined) throw unreachable();
    const body = new Uint8Array(await new Response(init.body ?? null).arrayBuffer());
    await gate();
    return link.send(
      process,
      {
        method: init.method ?? "GET",
        path: pathname + search,
        headers: new Headers(init.headers ?? {}),
        body,
      },
      init.signal ?? null,
    );
  };
