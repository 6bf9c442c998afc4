// A bounded HTTP/1.1 load generator: requests made beforehand, written to kept-open connections, answers counted by status.
import { connect, type Socket } from "node:net";

export interface Load {
  readonly port: number;
  /** Whole requests, head and body. */
  readonly requests: readonly Buffer[];
  readonly connections: number;
}

export interface Measured {
  readonly seconds: number;
  readonly answers: number;
  readonly perSecond: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** From when a request was due until its answer was whole. */
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
}

/** One request on one connection at a time; resolves with the status when the answer is whole. */
class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #resolve: ((status: number) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (piece) => this.#take(piece));
    socket.on("error", (error) => this.#reject?.(error));
    socket.on("close", () => this.#reject?.(new Error("the connection was closed")));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((done, refuse) => {
      const socket = connect(port, "127.0.0.1", () => done(new Connection(socket)));
      socket.once("error", refuse);
    });
  }

  send(request: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(request);
    });
  }

  #take(piece: Buffer): void {
    this.#received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece]);
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const [, length] = /^content-length: (\d+)/im.exec(head) ?? [];
    if (length === undefined) this.#reject?.(new Error("an answer without content-length"));
    else if (this.#received.length >= headEnd + 4 + Number(length)) {
      this.#received = Buffer.alloc(0);
      this.#resolve?.(Number(head.slice(9, 12)));
    }
  }

  close(): void {
    this.#reject = undefined;
    this.#socket.destroy();
  }
}

function measuredFrom(
  times: number[],
  statuses: Record<string, number>,
  seconds: number,
): Measured {
  times.sort((left, right) => left - right);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return {
    seconds,
    answers: times.length,
    perSecond: times.length / seconds,
    statuses,
    p50Milliseconds: at(0.5) ?? Number.NaN,
    p99Milliseconds: at(0.99) ?? Number.NaN,
  };
}

async function run(load: Load, next: (taken: number) => Promise<number>): Promise<Measured> {
  const connections = await Promise.all(
    Array.from({ length: load.connections }, () => Connection.open(load.port)),
  );
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  const started = performance.now();
  let taken = 0;
  await Promise.all(
    connections.map(async (connection) => {
      for (let index = taken++; index < load.requests.length; index = taken++) {
        const due = await next(index);
        const status = await connection.send(load.requests[index]!);
        times.push(performance.now() - due);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const connection of connections) connection.close();
  return measuredFrom(times, statuses, seconds);
}

/** Every connection sends its next request as soon as it has its answer. */
export const closedLoop = (load: Load): Promise<Measured> =>
  run(load, () => Promise.resolve(performance.now()));

/** Requests are due at a steady rate, whatever becomes of those before; late ones count from when they were due. */
export function openLoop(load: Load, perSecond: number): Promise<Measured> {
  const started = performance.now();
  return run(load, async (index) => {
    const due = started + (index * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await new Promise((done) => setTimeout(done, early));
    return Math.min(due, performance.now());
  });
}
