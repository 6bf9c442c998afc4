// One kept-open HTTP/1.1 connection of the load generator: one request at a time, answers told apart by status.
import { connect, type Socket } from "node:net";

/** What does not answer for so long is counted as unanswered. */
const answerMillisecondsMax = 45_000;
const reconnectMilliseconds = 20;

/** `status` 0: no whole answer. `wellFormed` is false of a refusal that is no problem document (RFC 9457). */
export interface Answer {
  readonly status: number;
  readonly wellFormed: boolean;
  /** Seconds, of a refusal that says when to come again. */
  readonly retryAfter: number | undefined;
}

const unanswered: Answer = { status: 0, wellFormed: false, retryAfter: undefined };

/** 429 and 503 have to say when to come again. */
function answerOf(head: string, body: string): Answer {
  const status = Number(head.slice(9, 12));
  if (status < 400) return { status, wellFormed: true, retryAfter: undefined };
  const [, after] = /^retry-after: (\d+)\r?$/im.exec(head) ?? [];
  const retryAfter = after === undefined ? undefined : Number(after);
  const isProblem =
    /^content-type: application\/problem\+json/im.test(head) && body.includes(`"status":${status}`);
  const saysWhen = (status !== 429 && status !== 503) || (retryAfter ?? 0) > 0;
  return { status, wellFormed: isProblem && saysWhen, retryAfter };
}

export class Connection {
  readonly #port: number;
  #socket: Socket | undefined;
  #received = "";
  #resolve: ((answer: Answer) => void) | undefined;
  #closed = false;

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves once connected; tries again until then, or until closed. */
  async open(): Promise<void> {
    while (!this.#closed && !(await this.#connect()))
      await new Promise((done) => setTimeout(done, reconnectMilliseconds));
  }

  #connect(): Promise<boolean> {
    return new Promise((done) => {
      const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true }, () =>
        done(true),
      );
      this.#socket = socket;
      this.#received = "";
      // A status and a head are ASCII, a receipt and a problem too: bytes are characters.
      socket.setEncoding("latin1");
      socket.setTimeout(answerMillisecondsMax, () => socket.destroy());
      socket.on("data", (piece: string) => this.#take(piece));
      socket.on("error", () => done(false));
      socket.on("close", () => {
        done(false);
        if (this.#socket === socket) this.#socket = undefined;
        this.#settle(unanswered);
      });
    });
  }

  /** The answer; `status` 0 where there is none. Connects again where the connection was lost. */
  async send(request: Buffer): Promise<Answer> {
    if (this.#socket === undefined) await this.open();
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#socket === undefined) this.#settle(unanswered);
      else this.#socket.write(request);
    });
  }

  #settle(answer: Answer): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(answer);
  }

  #take(piece: string): void {
    this.#received += piece;
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const head = this.#received.slice(0, headEnd);
    const [, length] = /^content-length: (\d+)/im.exec(head) ?? [];
    // Ends the run: an answer in chunks is none that this reader knows how to count.
    if (length === undefined) throw new Error(`an answer without content-length: ${head}`);
    const end = headEnd + 4 + Number(length);
    if (this.#received.length < end) return;
    const answer = answerOf(head, this.#received.slice(headEnd + 4, end));
    this.#received = "";
    if (/^connection: close/im.test(head)) this.#socket?.destroy();
    this.#settle(answer);
  }

  close(): void {
    this.#closed = true;
    this.#resolve = undefined;
    this.#socket?.destroy();
  }
}
