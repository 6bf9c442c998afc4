// The way from the edge to one region's server, seen as HTTP: it can deliver a request twice, or late, after those that were
// sent later; and it can stop at the moment a batch is on its way, so that a process can be killed just then.
import { once } from "node:events";
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Random } from "./random.ts";

export type Delivery = "in-order" | "duplicated" | "reordered";
/** `asked`: the server has the whole batch and has not answered; `answered`: it has, and the edge does not know. */
export type Moment = "asked" | "answered";

const bodyBytesMax = 8_388_608;
/** What is reordered waits for as many later requests, but not longer than this. */
const heldMilliseconds = 400;
const lateMilliseconds = [20, 1_500] as const;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of message as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bodyBytesMax) throw new Error("a body beyond every limit of the product");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

export class DeliveryProxy {
  readonly port: number;
  /** Deliveries that were made twice, late or out of order: a fault that befell nothing shows nothing. */
  mangled = 0;
  readonly #server: Server;
  readonly #target: number;
  readonly #random: Random;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #held = new Set<() => void>();
  #delivery: Delivery = "in-order";
  /** The first batch after a change meets it for certain. */
  #isFirst = false;
  #caught: { readonly moment: Moment; readonly act: () => Promise<void> } | undefined;

  private constructor(server: Server, target: number, random: Random) {
    this.#server = server;
    this.#target = target;
    this.#random = random;
    this.port = (server.address() as AddressInfo).port; // A TCP server's address is never a path.
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      // Whatever goes wrong on the way is a connection that ends, on both sides.
      this.#relay(request, response).catch(() => response.socket?.resetAndDestroy());
    });
  }

  static async open(targetPort: number, random: Random): Promise<DeliveryProxy> {
    const server = createServer({ noDelay: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new DeliveryProxy(server, targetPort, random);
  }

  set(delivery: Delivery): void {
    this.#delivery = delivery;
    this.#isFirst = true;
    if (delivery !== "reordered") this.#letGo();
  }

  /** Runs `act` at that moment of the next batch, which is held until it is done. Resolves then; false where none came in time. */
  async catchNext(
    moment: Moment,
    withinMilliseconds: number,
    act: () => Promise<void>,
  ): Promise<boolean> {
    const done = Promise.withResolvers<boolean>();
    const late = setTimeout(() => {
      this.#caught = undefined;
      done.resolve(false);
    }, withinMilliseconds);
    this.#caught = {
      moment,
      act: async () => {
        clearTimeout(late);
        await act().then(() => done.resolve(true), done.reject);
      },
    };
    return done.promise;
  }

  async close(): Promise<void> {
    this.#letGo();
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, "close");
  }

  #letGo(): void {
    for (const go of this.#held) go();
  }

  /** Waits until another request overtakes, or long enough. */
  async #beOvertaken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, heldMilliseconds);
    this.#held.add(resolve);
    await promise;
    this.#held.delete(resolve);
    clearTimeout(timer);
  }

  async #relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const isBatch = request.url === "/v1/intake";
    const isStruck = isBatch && this.#delivery !== "in-order";
    const mangles = isStruck && (this.#isFirst || this.#random.chance(0.5));
    if (isStruck) this.#isFirst = false;
    if (mangles) this.mangled += 1;
    if (mangles && this.#delivery === "reordered") await this.#beOvertaken();
    else this.#letGo();
    const caught = isBatch ? this.#caught : undefined;
    if (caught !== undefined) this.#caught = undefined;
    const answer =
      mangles && this.#delivery === "duplicated"
        ? await this.#twice(request, body)
        : await this.#send(request, body, caught?.moment === "asked" ? caught.act : undefined);
    if (caught?.moment === "answered") await caught.act();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  /** The copy comes at once or later; which of two answers the edge hears is chance too. */
  async #twice(request: IncomingMessage, body: Buffer): Promise<Answer> {
    if (this.#random.chance(0.5)) {
      const [first, second] = await Promise.all([
        this.#send(request, body),
        this.#send(request, body),
      ]);
      return this.#random.chance(0.5) ? first : second;
    }
    const answer = await this.#send(request, body);
    setTimeout(
      () => void this.#send(request, body).catch(() => undefined), // Nobody waits for a late copy.
      this.#random.integer(...lateMilliseconds),
    );
    return answer;
  }

  async #send(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    whenAsked?: () => Promise<void>,
  ): Promise<Answer> {
    const sent = httpRequest({
      agent: this.#agent,
      host: "127.0.0.1",
      port: this.#target,
      method,
      path: url,
      headers: { ...headers, "content-length": String(body.length) },
    });
    const answered = once(sent, "response") as Promise<[IncomingMessage]>; // What node:http emits.
    answered.catch(() => undefined); // Awaited below, perhaps after it failed.
    sent.end(body);
    if (whenAsked !== undefined) {
      // On its way to the server: whether it still appends it is a race, as it is when power fails.
      await once(sent, "finish");
      await whenAsked();
    }
    const [answer] = await answered;
    const { "transfer-encoding": _, ...kept } = answer.headers;
    return { status: answer.statusCode ?? 502, headers: kept, body: await bodyOf(answer) };
  }
}
