import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { base64url, utf8 } from "../../sdk/bytes.ts";
import { publicKeyOfSeed, signEd25519 } from "../../sdk/ed25519.ts";
import { buildGoPeer, goVersion } from "../peers/go-peer.ts";
import { ourAnswers, seamLines } from "../peers/seam-lines.ts";
import { launchBrowser } from "./chromium.ts";
import { sharedBrowser } from "./shared.ts";
import type { Line, Sealing } from "./seal-entry.ts";

const policies = {
  ours: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
  "a host's without WebAssembly": "default-src 'none'; script-src 'self'",
} as const;

let server: Server;
let browser: Browser;
/** The engine of a processor that has no vectors for WebAssembly. */
let withoutVectors: Browser;
const scripts = new Map<string, string>();

beforeAll(async () => {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      lib: {
        entry: new URL("seal-entry.ts", import.meta.url).pathname,
        formats: ["es"],
        fileName: () => "entry.js",
      },
    },
  });
  for (const { output } of Array.isArray(built) ? built : [])
    for (const chunk of output)
      if (chunk.type === "chunk") scripts.set(`/${chunk.fileName}`, chunk.code);
  server = createServer(({ url = "" }, response) => {
    const script = scripts.get(url);
    const policy = decodeURIComponent(url.slice(1));
    response.setHeader("content-security-policy", policy);
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
    response.end(
      script ?? '<!doctype html><title>seal</title><script type="module" src="/entry.js"></script>',
    );
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  [browser, withoutVectors] = await Promise.all([
    sharedBrowser(),
    launchBrowser({ args: ["--js-flags=--no-enable-ssse3"] }),
  ]);
}, 60_000);

afterAll(async () => {
  await Promise.all([browser.close(), withoutVectors.close()]);
  server.close();
});

/** A page under a policy; `lacking` names what its WebCrypto must not know, as in an older browser. */
async function pageOf(
  policy: string,
  lacking: readonly string[],
): Promise<{ page: Page; fetched: string[] }> {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // A TCP server's address is one.
  const page = await (lacking.includes("vectors") ? withoutVectors : browser).newPage();
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  await page.addInitScript((names) => {
    const prototype = SubtleCrypto.prototype;
    if (names.includes("X-Wing")) Reflect.deleteProperty(prototype, "encapsulateBits");
    for (const method of ["importKey", "generateKey"] as const) {
      const known = prototype[method] as (...all: unknown[]) => Promise<unknown>;
      Object.defineProperty(prototype, method, {
        value: function lackingSome(this: SubtleCrypto, ...all: unknown[]) {
          return all.some((argument) => typeof argument === "string" && names.includes(argument))
            ? Promise.reject(new DOMException("Unrecognized name", "NotSupportedError"))
            : known.apply(this, all);
        },
      });
    }
  }, lacking);
  await page.goto(`${origin}/${encodeURIComponent(policy)}`);
  await page.waitForFunction(() => "sealing" in globalThis);
  return { page, fetched };
}

const seal = (page: Page, line: Line) =>
  page.evaluate((to) => (globalThis as unknown as { sealing: Sealing }).sealing.seal(to), line); // seal-entry.ts put it there.

const version = goVersion();
const sealedHere: { readonly line: Line; readonly envelope: string }[] = [];

describe("what Chromium seals, Node opens", () => {
  for (const [title, policy, lacking, aead, usesFallback] of [
    ["by its own X-Wing", policies.ours, [], "wasm-simd", false],
    ["by our ML-KEM", policies.ours, ["X-Wing"], "wasm-simd", false],
    ["without X25519 in WebCrypto", policies.ours, ["X-Wing", "X25519"], "wasm-simd", true],
    ["without vectors in WebAssembly", policies.ours, ["X-Wing", "vectors"], "wasm", false],
    [
      "under a policy that forbids WebAssembly",
      policies["a host's without WebAssembly"],
      [],
      "webcrypto",
      false,
    ],
    [
      "lacking everything",
      policies["a host's without WebAssembly"],
      ["X-Wing", "X25519"],
      "webcrypto",
      true,
    ],
  ] as const)
    test(title, async () => {
      const { page, fetched } = await pageOf(policy, lacking);
      const lines = seamLines(6);
      for (const line of lines) {
        const sealed = await seal(page, line);
        expect(sealed.aead).toBe(aead);
        sealedHere.push({ line, envelope: sealed.envelope });
        expect(await ourAnswers("open", [{ ...line, ...sealed }])).toEqual([
          { payload: line.payload },
        ]);
      }
      const hasFetched = (part: string) => fetched.some((path) => path.includes(part));
      expect(hasFetched("curve25519")).toBe(usesFallback);
      // The module without vectors is downloaded where it is run, and nowhere else.
      expect(hasFetched("aes-gcm")).toBe(aead === "wasm");
      expect(hasFetched("ml-kem-noble")).toBe(usesFallback && aead === "webcrypto");
      await page.close();
    });
});

test.skipIf(version === undefined)(
  `what Chromium sealed by each way, Go opens (${version ?? "skipped: there is no Go of at least 1.26"})`,
  () => {
    expect(sealedHere).toHaveLength(36);
    const peer = buildGoPeer();
    const opened = peer.answers(
      "open",
      sealedHere.map(({ line, envelope }) => ({ ...line, envelope })),
    );
    expect(opened).toEqual(sealedHere.map(({ line }) => ({ payload: line.payload })));
    peer.remove();
  },
);

describe("Chromium verifies Ed25519", () => {
  for (const [title, lacking] of [
    ["by WebCrypto", []],
    ["by noble, where WebCrypto lacks it", ["Ed25519"]],
  ] as const)
    test(title, async () => {
      const { page } = await pageOf(policies.ours, lacking);
      const seed = new Uint8Array(32).fill(7);
      const [right, wrong] = [utf8("right"), utf8("wrong")];
      const signature = base64url(await signEd25519(seed, right));
      const publicKey = base64url(await publicKeyOfSeed(seed));
      const verdicts = await page.evaluate(
        ([key, signed, ...messages]) =>
          // seal-entry.ts put it there.
          Promise.all(
            messages.map((message) =>
              (globalThis as unknown as { sealing: Sealing }).sealing.verify(key, signed, message),
            ),
          ),
        [publicKey, signature, base64url(right), base64url(wrong)] as const,
      );
      expect(verdicts).toEqual([true, false]);
      await page.close();
    });
});
