import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { Problem } from "../sdk/problem.ts";

/** Time to send a whole request; answers, such as live results, may take longer. */
const requestMsMax = 20_000;
const headersMsMax = 10_000;
/** Longer than the edge keeps an idle connection, so that it never writes to one that is closing. */
const keepAliveMs = 75_000;
/** How long a graceful stop waits for requests under way. */
const stopMsMax = 5_000;
const idlePollMs = 20;

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
    },
    (request, response) => void answer(request, response),
  );
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
