// What HTTP can be bent into, sent over bare sockets to workerd with our edge, and to a region's server. Where a request has
// two readings, the connection ends with its refusal: nothing that follows can be taken for a request of its own.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../server/config.ts";
import { startServer, type RunningServer } from "../../server/main.ts";
import { startEdge, type EdgeProcess } from "./edge-process.ts";
import { campaignOf, publication, signCampaign } from "./fixture.ts";
import { exchange } from "./socket.ts";

let edge: EdgeProcess;
let server: RunningServer;
let folder: string;
const origins = { edge: "", server: "" };

beforeAll(async () => {
  edge = await startEdge();
  folder = await mkdtemp(join(tmpdir(), "maily-abuse-"));
  const deployment = join(folder, "deployment.json");
  const secrets = join(folder, "region-eu.json");
  await writeFile(deployment, JSON.stringify(edge.keys.deployment));
  await writeFile(secrets, JSON.stringify(edge.keys.regions.eu), { mode: 0o600 });
  server = await startServer(
    await readConfig({
      MAILY_REGION: "eu",
      MAILY_PORT: "0",
      MAILY_DATA_DIR: join(folder, "data"),
      MAILY_DEPLOYMENT: deployment,
      MAILY_SECRETS: secrets,
      MAILY_DURABILITY: "outbox",
    }),
  );
  origins.edge = edge.origin;
  origins.server = `http://127.0.0.1:${server.port}`;
});
afterAll(async () => {
  await server.close();
  await edge.stop();
  await rm(folder, { recursive: true, force: true });
});

type Where = keyof typeof origins;

const get = (target: string, headers = "Host: maily.test\r\n", version = "HTTP/1.1"): string =>
  `GET ${target} ${version}\r\n${headers}\r\n`;

/** A POST that would be refused for its content once it is read: nothing here is an answer. */
const posted =
  (headers: string, body = "{}") =>
  (where: Where): string =>
    `POST ${where === "edge" ? "/v1/answers" : "/v1/intake"} HTTP/1.1\r\nHost: maily.test\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;

const chunked = (coding: string, body = "2\r\n{}\r\n0\r\n\r\n") =>
  posted(`Transfer-Encoding: ${coding}\r\n`, body);

const inside = "GET /problems/internal HTTP/1.1\r\nHost: maily.test\r\n\r\n";
const refused = { edge: "400 closed", server: "400 malformed-request closed" };
const read = { edge: "400 malformed-request open", server: "401 signature-missing open" };
/** The server has refused by the missing signature before the body's framing is looked at, and then closes. */
const unframed = { edge: "400 malformed-request closed", server: "400 malformed-request closed" };
const served = { edge: "200 open", server: "200 open" };
const unknown = { edge: "404 not-found open", server: "404 not-found open" };

type Case = readonly [
  raw: string | ((where: Where) => string),
  expected: Readonly<Record<Where, string>>,
];

const cases: Readonly<Record<string, Case>> = {
  "Content-Length and Transfer-Encoding": [
    posted("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${inside}`),
    unframed,
  ],
  "Transfer-Encoding and Content-Length": [
    posted("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", `2\r\n{}\r\n0\r\n\r\n${inside}`),
    unframed,
  ],
  "two lengths that agree": [
    posted("Content-Length: 2\r\nContent-Length: 2\r\n"),
    { edge: read.edge, server: refused.server },
  ],
  "two lengths that differ": [posted("Content-Length: 2\r\nContent-Length: 40\r\n"), refused],
  "a list of lengths": [posted("Content-Length: 2, 2\r\n"), refused],
  "a length with a sign": [posted("Content-Length: +2\r\n"), refused],
  "a negative length": [posted("Content-Length: -1\r\n"), refused],
  "a hexadecimal length": [posted("Content-Length: 0x2\r\n"), refused],
  "a length beyond all numbers": [posted(`Content-Length: ${"9".repeat(30)}\r\n`), refused],
  "a space before the colon": [posted("Content-Length : 2\r\n"), refused],
  "a folded header": [posted("X-A: a\r\n b\r\nContent-Length: 2\r\n"), refused],
  "a folded coding": [chunked("\r\n chunked"), refused],
  "a coding that is none": [chunked("xchunked"), refused],
  "a coding under the chunks": [chunked("gzip, chunked"), read],
  "chunked twice": [
    chunked("chunked\r\nTransfer-Encoding: chunked"),
    { edge: read.edge, server: refused.server },
  ],
  "line feeds alone": [
    (where) => posted("Content-Length: 2\r\n")(where).replaceAll("\r\n", "\n"),
    { edge: read.edge, server: refused.server },
  ],
  "a carriage return in a value": [posted("X-A: a\rb\r\nContent-Length: 2\r\n"), refused],
  "a chunk extension": [chunked("chunked", "2;a=b\r\n{}\r\n0\r\n\r\n"), read],
  "a chunk extension that ends in a line feed": [
    chunked("chunked", `2;a\n{}\r\n0\r\n\r\n${inside}`),
    unframed,
  ],
  "chunks with line feeds alone": [chunked("chunked", `2\n{}\n0\n\n${inside}`), unframed],
  "a chunk beyond all numbers": [
    chunked("chunked", `${"f".repeat(17)}\r\n{}\r\n0\r\n\r\n`),
    unframed,
  ],
  "a chunk's size with a prefix": [chunked("chunked", "0x2\r\n{}\r\n0\r\n\r\n"), unframed],
  "a negative chunk": [chunked("chunked", "-2\r\n{}\r\n0\r\n\r\n"), unframed],
  "trailers that contradict headers": [
    chunked("chunked", "2\r\n{}\r\n0\r\nContent-Type: text/plain\r\n\r\n"),
    read,
  ],
  "a NUL in a header's value": [posted("X-A: a\0b\r\nContent-Length: 2\r\n"), refused],
  "a NUL in a header's name": [posted("X\0A: a\r\nContent-Length: 2\r\n"), refused],
  "a space in a header's name": [posted("X A: a\r\nContent-Length: 2\r\n"), refused],
  "a NUL in the target": [get("/problems/inter\0nal"), refused],
  "a space in the target": [get("/problems/inter nal"), refused],
  "a byte above ASCII in the target": [get("/problems/\xff"), refused],
  "an absolute target of elsewhere": [get("http://elsewhere.example/problems/internal"), served],
  "a target that is a star": [
    "OPTIONS * HTTP/1.1\r\nHost: maily.test\r\n\r\n",
    { edge: "404 not-found open", server: "400 open" },
  ],
  "a tunnel": [
    "CONNECT maily.test:443 HTTP/1.1\r\nHost: maily.test\r\n\r\n",
    { edge: "500 closed", server: "none closed" },
  ],
  "no Host": [get("/problems/internal", ""), { edge: "400 open", server: "400 closed" }],
  "an empty Host": [
    get("/problems/internal", "Host:\r\n"),
    { edge: "400 open", server: "400 open" },
  ],
  "two Hosts": [
    get("/problems/internal", "Host: maily.test\r\nHost: elsewhere.example\r\n"),
    { edge: "400 malformed-request open", server: "400 open" },
  ],
  "a Host that holds a path": [
    get("/none", "Host: maily.test/problems/internal?\r\n"),
    { edge: "400 malformed-request open", server: "400 open" },
  ],
  "a Host that holds a user": [
    get("/problems/internal", "Host: user:secret@maily.test\r\n"),
    { edge: "400 malformed-request open", server: "400 open" },
  ],
  "HTTP/1.0": [
    get("/problems/internal", "", "HTTP/1.0"),
    { edge: "400 closed", server: "400 closed" },
  ],
  "HTTP/0.9": ["GET /problems/internal\r\n\r\n", { edge: "400 closed", server: "400 closed" }],
  "the beginning of HTTP/2": [
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    { edge: "none closed", server: refused.server },
  ],
  "a greeting of TLS": ["\x16\x03\x01\x02\x00\x01\x00\r\n", refused],
  "a method in lower case": [
    "get /problems/internal HTTP/1.1\r\nHost: maily.test\r\n\r\n",
    { edge: "501 closed", server: refused.server },
  ],
  "a method that is none": [
    "FROB /problems/internal HTTP/1.1\r\nHost: maily.test\r\n\r\n",
    { edge: "501 closed", server: refused.server },
  ],
  "TRACE, which would tell headers back": [
    "TRACE /problems/internal HTTP/1.1\r\nHost: maily.test\r\nCookie: secret=1\r\n\r\n",
    { edge: "405 method-not-allowed open", server: "405 method-not-allowed open" },
  ],
  "an upgrade to HTTP/2": [
    get(
      "/problems/internal",
      "Host: maily.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    ),
    served,
  ],
  "a body under GET that reads like a request": [
    `GET /problems/internal HTTP/1.1\r\nHost: maily.test\r\nContent-Length: ${inside.length}\r\n\r\n${inside}`,
    served,
  ],
  "headers that name another method and address": [
    get(
      "/v1/answers",
      "Host: maily.test\r\nX-HTTP-Method-Override: POST\r\nX-Method-Override: POST\r\nX-Original-URL: /problems/internal\r\nX-Rewrite-URL: /problems/internal\r\n",
    ),
    { edge: "405 method-not-allowed open", server: "404 not-found open" },
  ],
  "a percent-encoded letter": [get("/problems/%69nternal"), served],
  "two slashes": [get("//problems/internal"), unknown],
  "another case": [get("/Problems/internal"), unknown],
  "a dot at the end": [get("/problems/internal."), unknown],
  "a slash at the end": [get("/problems/internal/"), unknown],
  "a way up": [get("/v1/../problems/internal"), { edge: unknown.edge, server: refused.server }],
  "an encoded way up": [
    get("/v1/%2e%2E/problems/internal"),
    { edge: unknown.edge, server: refused.server },
  ],
  backslashes: [get("/v1\\..\\problems\\internal"), { edge: unknown.edge, server: refused.server }],
  "a parameter of the path": [get("/problems/internal;a=b"), unknown],
  "headers of 200 KB": [
    get("/problems/internal", `Host: maily.test\r\nX-A: ${"a".repeat(200_000)}\r\n`),
    { edge: served.edge, server: refused.server },
  ],
  "headers of 1 MB": [
    get("/problems/internal", `Host: maily.test\r\nX-A: ${"a".repeat(1_000_000)}\r\n`),
    { edge: "431 closed", server: refused.server },
  ],
  "a target of 100 KB": [
    get(`/${"a".repeat(100_000)}`),
    { edge: "414 closed", server: refused.server },
  ],
};

/** `400 malformed-request open`: status and code of the first answer, and whether the next request was taken. */
async function outcomeOf(where: Where, raw: Case[0]): Promise<string> {
  const bytes = typeof raw === "string" ? raw : raw(where);
  const { statuses, text } = await exchange(origins[where], [bytes]);
  const [first, next, ...more] = statuses;
  const [, code] = /"code":"([\w-]+)"/.exec(text.split("HTTP/1.1 404 Not Found")[0] || text) ?? [];
  expect(more, "more answers than requests").toEqual([]);
  if (next !== undefined) expect(next).toBe(404);
  const ended = next === undefined ? "closed" : "open";
  return [first ?? "none", (first ?? 0) >= 400 ? code : undefined, ended].filter(Boolean).join(" ");
}

for (const where of ["edge", "server"] as const)
  describe(`the ${where}`, () => {
    for (const [name, [raw, expected]] of Object.entries(cases))
      test(name, async () => {
        expect(await outcomeOf(where, raw)).toBe(expected[where]);
      });

    test("requests that follow each other without waiting are answered in order", async () => {
      const { statuses } = await exchange(origins[where], [get("/problems/internal") + get("/no")]);
      expect(statuses).toEqual([200, 404, 404]);
    });
  });

test("chunks beside a small announced length do not get past the limit of a body", async () => {
  const chunk = `4e20\r\n${"x".repeat(20_000)}\r\n`;
  const raw = posted("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", chunk)("edge");
  const { statuses, text } = await exchange(origins.edge, [raw]);
  expect(statuses).toEqual([413]);
  expect(text).toContain('"code":"body-too-large"');
});

test("nothing of it stopped the edge or the server, wrote an answer, or logged what was sent", async () => {
  for (const origin of Object.values(origins))
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
  for (const peer of Object.values(edge.peers)) expect(peer.taken).toEqual([]);
  const log = await readFile(join(edge.folder, "edge.log"), "utf8");
  expect(log).toContain("refused");
  expect(log).not.toMatch(/secret|elsewhere|xxxx/);
});

test("what an operator signed once is not taken again by an edge that was killed and started", async () => {
  const { tenant } = edge.keys;
  const signed = await signCampaign(await campaignOf(tenant), tenant);
  const { path, ...init } = await publication(signed, tenant);
  expect((await fetch(edge.origin + path, init)).status).toBe(201);
  await edge.child.kill9();
  await edge.child.start();
  const again = await fetch(edge.origin + path, init);
  expect(await again.json()).toMatchObject({ code: "signature-stale" });
});
