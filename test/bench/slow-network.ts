// A slow telephone network in front of a server: every byte takes half a round trip each way, all bytes to the device share
// one rate, and a visit's first connection costs the round trips of TCP and TLS 1.3. Further connections stand for streams of
// the first, as HTTP/2 has them. Unlike the browser's own emulation it holds for service workers too.
import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";

/** What Lighthouse calls Slow 4G. */
export const slow4g = { roundTripMs: 150, bytesPerSecond: 1_638_400 / 8, handshakes: 2 } as const;

export interface SlowNetwork {
  readonly origin: string;
  /** Ends every connection, so that the next visit is a new one; returns the bytes to the device since the last call. */
  readonly nextVisit: () => number;
  readonly close: () => void;
}

/** Unless the connection is gone by then. */
function writeAt(to: Socket, chunk: Buffer, at: number): void {
  setTimeout(() => to.writable && to.write(chunk), at - Date.now());
}

export async function slowNetwork(server: string): Promise<SlowNetwork> {
  const { hostname, port } = new URL(server);
  const sockets = new Set<Socket>();
  let isFirst = true;
  let freeAt = 0;
  let bytes = 0;
  const relay = createServer((device) => {
    const opened = Date.now() + (isFirst ? slow4g.handshakes * slow4g.roundTripMs : 0);
    isFirst = false;
    const far = createConnection(Number(port), hostname);
    device.on("data", (chunk: Buffer) =>
      writeAt(far, chunk, Math.max(opened, Date.now()) + slow4g.roundTripMs / 2),
    );
    far.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      freeAt = Math.max(freeAt, Date.now()) + (chunk.length / slow4g.bytesPerSecond) * 1000;
      writeAt(device, chunk, freeAt + slow4g.roundTripMs / 2);
    });
    for (const [one, other] of [
      [device, far],
      [far, device],
    ] as const) {
      sockets.add(one);
      // A connection that breaks is the browser's to open anew.
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroySoon();
      });
    }
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => relay.once("listening", resolve));
  return {
    origin: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`, // A TCP server's address is one.
    nextVisit() {
      for (const socket of sockets) socket.destroy();
      isFirst = true;
      const carried = bytes;
      bytes = 0;
      return carried;
    },
    close: () => void relay.close(),
  };
}
