// A network between two processes that can be cut, slowed, narrowed, or lose what one side says: TCP, byte by byte as it
// comes. What it lets through it never changes: after bytes were lost a connection is reset, as a real one would be.
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** `there` is from who connected to who listens. */
export type Direction = "there" | "back";

export type LinkState =
  | { readonly kind: "open" }
  /** Connections end, and new ones are refused. */
  | { readonly kind: "cut" }
  /** Connections stand, and what is said in one direction never arrives. */
  | { readonly kind: "half-open"; readonly loses: Direction }
  /** Every piece arrives later, by half to one and a half of `milliseconds`. */
  | { readonly kind: "delayed"; readonly milliseconds: number }
  | { readonly kind: "throttled"; readonly bytesPerSecond: number };

/** Bytes held in one direction of one connection; beyond it the sender is asked to wait. */
const heldBytesMax = 1_048_576;
const connectionsMax = 4_096;

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  lossy: boolean;
}

interface Held {
  readonly piece: Buffer;
  /** On the clock of `performance`. */
  readonly at: number;
}

/** Sends on in order, each piece no earlier than its time. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #freeAt = 0;
  #waits = false;
  #ended = false;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
  }

  send(piece: Buffer, state: LinkState): void {
    const now = performance.now();
    const delay = state.kind === "delayed" ? state.milliseconds * (0.5 + Math.random()) : 0;
    const takes = state.kind === "throttled" ? (piece.length * 1000) / state.bytesPerSecond : 0;
    const at = Math.max(this.#freeAt, now + delay) + takes;
    if (at <= now && this.#held.length === 0) {
      this.#write(piece);
      return;
    }
    this.#freeAt = at;
    this.#held.push({ piece, at });
    this.#heldBytes += piece.length;
    if (this.#heldBytes > heldBytesMax) this.#from.pause();
    if (this.#waits) return;
    this.#waits = true;
    setTimeout(() => this.#release(), at - now);
  }

  /** The end waits for what is still held. */
  end(): void {
    this.#ended = true;
    if (this.#held.length === 0) this.#to.end();
  }

  /** One timer, for the first: two that are due in the same millisecond may fire in either order. */
  #release(): void {
    const now = performance.now();
    for (let first = this.#held[0]; first !== undefined && first.at <= now; first = this.#held[0]) {
      this.#held.shift();
      this.#heldBytes -= first.piece.length;
      this.#write(first.piece);
    }
    if (this.#heldBytes <= heldBytesMax) this.#from.resume();
    const [next] = this.#held;
    this.#waits = next !== undefined;
    if (next !== undefined) setTimeout(() => this.#release(), Math.max(1, next.at - now));
    else if (this.#ended) this.#to.end();
  }

  #write(piece: Buffer): void {
    if (this.#to.destroyed || this.#to.write(piece)) return;
    this.#from.pause();
    this.#to.once("drain", () => this.#from.resume());
  }
}

export class TcpProxy {
  readonly port: number;
  /** Connections broken or refused, pieces lost or held up: a fault that befell nothing shows nothing. */
  felt = 0;
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #state: LinkState = { kind: "open" };

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.port = (server.address() as AddressInfo).port; // A TCP server's address is never a path.
    server.on("connection", (near) => this.#accept(near));
  }

  /** Listens on 127.0.0.1 for what is meant for `targetPort` there; at any free port, unless told. */
  static async open(targetPort: number, port = 0): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    server.maxConnections = connectionsMax;
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return new TcpProxy(server, targetPort);
  }

  set(state: LinkState): void {
    this.#state = state;
    if (state.kind === "cut") this.felt += this.#pairs.size;
    for (const pair of this.#pairs) if (state.kind === "cut" || pair.lossy) this.#break(pair);
  }

  /** Ends every connection there is with a reset; new ones are welcome. */
  reset(): void {
    this.felt += this.#pairs.size;
    for (const pair of this.#pairs) this.#break(pair);
  }

  async close(): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, "close");
  }

  #break(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.near.resetAndDestroy();
    // One that is still connecting has nobody to be reset for.
    if (pair.far.connecting) pair.far.destroy();
    else pair.far.resetAndDestroy();
  }

  #accept(near: Socket): void {
    near.on("error", () => undefined); // It closes next.
    if (this.#state.kind === "cut") {
      this.felt += 1;
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: this.#targetPort, host: "127.0.0.1", noDelay: true });
    far.on("error", () => undefined);
    const pair: Pair = { near, far, lossy: false };
    this.#pairs.add(pair);
    this.#join(pair, near, new Pipe(near, far), "there");
    this.#join(pair, far, new Pipe(far, near), "back");
  }

  #join(pair: Pair, from: Socket, pipe: Pipe, direction: Direction): void {
    const isLost = (): boolean =>
      pair.lossy || (this.#state.kind === "half-open" && this.#state.loses === direction);
    from.on("data", (piece: Buffer) => {
      const isSwallowed = this.#state.kind === "half-open" && this.#state.loses === direction;
      if (isSwallowed) pair.lossy = true;
      else pipe.send(piece, this.#state);
      if (isSwallowed || this.#state.kind === "delayed" || this.#state.kind === "throttled")
        this.felt += 1;
    });
    from.on("end", () => {
      if (!isLost()) pipe.end();
    });
    from.on("close", (failed) => {
      if (!this.#pairs.has(pair)) return;
      // A process that was killed: the other side hears it at once, unless the network is silent too.
      if (failed && !isLost()) this.#break(pair);
      else if (pair.near.destroyed && pair.far.destroyed) this.#pairs.delete(pair);
      else if (!isLost()) pipe.end();
    });
  }
}
