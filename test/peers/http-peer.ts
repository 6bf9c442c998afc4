// An HTTP server that speaks another's protocol strictly and fails as a test says: for what only a real account could show otherwise.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface PeerRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface PeerAnswer {
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `lost`: taken, and the connection ends before the answer; `cut`: ends before anything is taken. */
export type Fault = "lost" | "cut" | PeerAnswer;

export interface HttpPeer {
  readonly origin: string;
  readonly requests: readonly PeerRequest[];
  /** Of the next requests that `matches`, one each. */
  fail(matches: (request: PeerRequest) => boolean, ...faults: (Fault | undefined)[]): void;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer); // No encoding is set.
  return Buffer.concat(pieces);
}

function send(response: ServerResponse, { status, json, headers = {} }: PeerAnswer): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(json ?? {}));
}

export async function startPeer(
  answer: (request: PeerRequest) => PeerAnswer | Promise<PeerAnswer>,
): Promise<HttpPeer> {
  const requests: PeerRequest[] = [];
  const planned: { matches: (request: PeerRequest) => boolean; faults: (Fault | undefined)[] }[] =
    [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? "/", "http://peer");
    const request: PeerRequest = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: await bodyOf(incoming),
    };
    requests.push(request);
    const plan = planned.find(({ matches, faults }) => faults.length > 0 && matches(request));
    const fault = plan?.faults.shift();
    if (fault === "cut") incoming.socket.destroy();
    else if (fault === "lost") {
      await answer(request);
      incoming.socket.destroy();
    } else send(response, fault ?? (await answer(request)));
  };
  const server = createServer((incoming, response) => {
    void handle(incoming, response).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    fail: (matches, ...faults) => void planned.push({ matches, faults }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
