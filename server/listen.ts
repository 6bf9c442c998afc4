import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { Problem } from "../sdk/problem.ts";

/** Time to send a whole request; answers, such as live results, may take longer. */
const requestMsMax = 20_000;
const headersMsMax = 10_000;
/** How often it is looked whose time is up: Node's own half a minute would treble it. */
const timeCheckMs = 1_000;
const headerBytesMax = 16_384;
/** Beyond it connections are closed as they come: 500 live followers, edges, readers' renderers, and room. */
const connectionsMax = 2_048;
/** Longer than the edge keeps an idle connection, so that it never writes to one that is closing. */
const keepAliveMs = 75_000;
/** How long a graceful stop waits for requests under way. */
const stopMsMax = 5_000;
const idlePollMs = 20;

/** One spelling a path: what a proxy in front lets through by its beginning is what is served. */
const isPlain = (target: string): boolean =>
  !/\/(?:\.|%2e){1,2}(?:\/|$)|[\\#]/i.test(target.split("?", 1)[0] ?? "");

/** What Node itself refuses, before there is a request to answer: a problem like any other, and the connection's end. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const problem =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? new Problem("request-timeout")
      : new Problem("malformed-request", {
          errors: [
            error.code === "HPE_HEADER_OVERFLOW"
              ? `the headers are larger than ${headerBytesMax} bytes`
              : "the request is not HTTP/1.1 as RFC 9112 has it, or its path has dots, backslashes or a fragment",
          ],
        });
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

export interface Listening {
  readonly port: number;
  /** Takes no more connections and resolves when the requests under way are answered, or cut off after a while. */
  close(): Promise<void>;
}

/** Throws Problem `configuration-invalid` where the address is taken or not ours. */
export async function listen(app: Hono, host: string, port: number): Promise<Listening> {
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(
    {
      requestTimeout: requestMsMax,
      headersTimeout: headersMsMax,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: timeCheckMs,
      maxHeaderSize: headerBytesMax,
      // Two Host or Authorization headers are then one that nobody has, instead of the first of them.
      joinDuplicateHeaders: true,
    },
    (request, response) => {
      if (isPlain(request.url ?? "")) void answer(request, response);
      else refuse(new Error("a path in another spelling"), request.socket);
    },
  );
  server.maxConnections = connectionsMax;
  server.on("clientError", refuse);
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch {
    throw new Problem("configuration-invalid", {
      errors: [`MAILY_PORT: ${host}:${port} cannot be listened on; stop what does, or set another`],
    });
  }
  const close = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    // A connection that falls idle after this is kept alive for its next request, which will not come.
    const sweep = setInterval(() => server.closeIdleConnections(), idlePollMs);
    const late = setTimeout(() => server.closeAllConnections(), stopMsMax);
    await closed;
    clearInterval(sweep);
    clearTimeout(late);
  };
  return { port: (server.address() as AddressInfo).port, close }; // A TCP server's address.
}
