// A connection that sends bytes as they are: what no HTTP library would send.
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const waitMilliseconds = 45_000;
/** Answered with 404 by whoever still listens, and then closed. */
const sentinel = "GET /problems/none HTTP/1.1\r\nHost: maily.test\r\nConnection: close\r\n\r\n";

export interface Exchange {
  /** Statuses of the answers, in order. */
  readonly statuses: readonly number[];
  readonly text: string;
  readonly milliseconds: number;
}

const statusesOf = (text: string): number[] =>
  Array.from(text.matchAll(/HTTP\/1\.[01] (\d{3}) /g), ([, status]) => Number(status)).filter(
    (status) => status >= 200,
  );

/**
 * Sends pieces, one a `gapMilliseconds`, and reads until the other end closes. `andThen` sends one more request as soon as
 * there is an answer: whether it is answered tells whether the connection went on, and with what.
 */
export async function exchange(
  origin: string,
  pieces: readonly string[],
  { gapMilliseconds = 0, andThen = true } = {},
): Promise<Exchange> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const startedAt = Date.now();
  let text = "";
  let asked = false;
  const closed = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`still open after ${waitMilliseconds} ms: ${text.slice(0, 300)}`));
    }, waitMilliseconds);
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (andThen && !asked && statusesOf(text).length > 0) {
        asked = true;
        socket.write(sentinel);
      }
    });
    socket.on("error", () => undefined); // A reset is a close.
    socket.on("close", () => {
      clearTimeout(late);
      resolve();
    });
  });
  for (const piece of pieces) {
    if (socket.destroyed || socket.readableEnded) break;
    socket.write(Buffer.from(piece, "latin1"));
    if (gapMilliseconds > 0) await sleep(gapMilliseconds);
  }
  await closed;
  return { statuses: statusesOf(text), text, milliseconds: Date.now() - startedAt };
}
