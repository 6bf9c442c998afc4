// The network of the suite does what it is told, or its faults would befall nothing.
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { DeliveryProxy } from "./delivery-proxy.ts";
import { TcpProxy } from "./proxy.ts";
import { Random } from "./random.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function listening(server: Server | HttpServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close());
  return (server.address() as AddressInfo).port; // A TCP server's address is never a path.
}

async function echo(): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).pipe(socket);
  });
  const proxy = await TcpProxy.open(await listening(server));
  ends.push(() => proxy.close());
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return proxy;
}

async function client(proxy: TcpProxy): Promise<Socket> {
  const socket = connect(proxy.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  ends.push(() => socket.destroy());
  return socket;
}

const closing = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once("close", () => resolve()));

/** What comes back within a time, undefined where nothing does. */
async function answered(
  socket: Socket,
  text: string,
  milliseconds: number,
): Promise<string | undefined> {
  const answer = once(socket, "data", { signal: AbortSignal.timeout(milliseconds) }).then(
    ([piece]) => String(piece),
    () => undefined,
  );
  socket.write(text);
  return answer;
}

test("an open network lets everything through, in order", async () => {
  const socket = await client(await echo());
  expect(await answered(socket, "hello", 2_000)).toBe("hello");
});

test("a cut ends connections and refuses new ones until it is mended", async () => {
  const proxy = await echo();
  proxy.set({ kind: "cut" });
  proxy.set({ kind: "open" });
  expect(proxy.felt).toBe(0); // Nobody was connected.
  const socket = await client(proxy);
  const closed = closing(socket);
  proxy.set({ kind: "cut" });
  await closed;
  const refused = connect(proxy.port, "127.0.0.1").on("error", () => undefined);
  await closing(refused);
  expect(proxy.felt).toBe(2);
  proxy.set({ kind: "open" });
  expect(await answered(await client(proxy), "again", 2_000)).toBe("again");
});

test("a half-open connection stands and says nothing, and is reset once bytes were lost", async () => {
  const proxy = await echo();
  const socket = await client(proxy);
  proxy.set({ kind: "half-open", loses: "back" });
  expect(await answered(socket, "anybody?", 300)).toBeUndefined();
  expect(socket.destroyed).toBe(false);
  expect(proxy.felt).toBe(1);
  const closed = closing(socket);
  proxy.set({ kind: "open" });
  await closed;
});

test("a delay delays, a throttle takes its time, and neither loses or reorders", async () => {
  const proxy = await echo();
  const socket = await client(proxy);
  proxy.set({ kind: "delayed", milliseconds: 200 });
  const begun = performance.now();
  expect(await answered(socket, "slow", 5_000)).toBe("slow");
  expect(proxy.felt).toBe(2);
  // There and back, each at least half of it.
  expect(performance.now() - begun).toBeGreaterThan(180);
  proxy.set({ kind: "throttled", bytesPerSecond: 10_000 });
  const throttled = performance.now();
  expect(await answered(socket, "x".repeat(2_000), 5_000)).toHaveLength(2_000);
  expect(performance.now() - throttled).toBeGreaterThan(350);
  proxy.set({ kind: "delayed", milliseconds: 20 });
  let received = "";
  socket.on("data", (piece) => (received += String(piece)));
  for (let index = 0; index < 50; index++) {
    socket.write(`${index} `);
    await sleep(1);
  }
  await expect
    .poll(() => received, { timeout: 5_000 })
    .toBe(Array.from({ length: 50 }, (_, index) => `${index} `).join(""));
});

async function intake(): Promise<{ bodies: string[]; proxy: DeliveryProxy }> {
  const bodies: string[] = [];
  const server = createHttpServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      bodies.push(body);
      response.end(`took ${body}`);
    });
  });
  const proxy = await DeliveryProxy.open(await listening(server), new Random(5));
  ends.push(() => proxy.close());
  return { bodies, proxy };
}

const post = async (proxy: DeliveryProxy, body: string): Promise<string> => {
  const response = await fetch(`http://127.0.0.1:${proxy.port}/v1/intake`, {
    method: "POST",
    body,
  });
  return response.text();
};

test("what is duplicated arrives twice, byte by byte, and is answered once", async () => {
  const { bodies, proxy } = await intake();
  proxy.set("duplicated");
  for (let index = 0; index < 20; index++)
    expect(await post(proxy, `batch ${index}`)).toBe(`took batch ${index}`);
  await expect.poll(() => bodies.length, { timeout: 5_000 }).toBe(20 + proxy.mangled);
  expect(proxy.mangled).toBeGreaterThan(3);
});

test("what is reordered is overtaken by what was sent later", async () => {
  const { bodies, proxy } = await intake();
  proxy.set("reordered");
  const sent = Array.from({ length: 20 }, (_, index) => `batch ${index}`);
  for (const body of sent) {
    void post(proxy, body);
    await sleep(10);
  }
  await expect.poll(() => bodies.length, { timeout: 5_000 }).toBe(20);
  expect(bodies).not.toEqual(sent);
  expect(bodies.toSorted()).toEqual(sent.toSorted());
});

test("a batch can be caught after the server took it and before the edge hears of it", async () => {
  const { bodies, proxy } = await intake();
  let heard = false;
  const caught = proxy.catchNext("answered", 5_000, async () => {
    expect(bodies).toEqual(["batch"]);
    expect(heard).toBe(false);
  });
  await post(proxy, "batch").then(() => (heard = true));
  expect(await caught).toBe(true);
  expect(await proxy.catchNext("asked", 50, async () => undefined)).toBe(false);
});
