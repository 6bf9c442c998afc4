// `npm run bench crypto`: sealing, opening and AES-256-GCM beside noble and hpke-js, in Node and in Chromium. Ratios of one
// run mean something, its times little.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ml_kem768_x25519 as nobleXWing } from "@noble/post-quantum/hybrid.js";
import { launchBrowser } from "../browser/chromium.ts";
import { build } from "vite";
import { answerAad, answerInfo } from "../../sdk/answer-binding.ts";
import { textOf, type Bytes } from "../../sdk/bytes.ts";
import { canonicalBytes } from "../../sdk/canonical.ts";
import { parseEnvelope } from "../../sdk/envelope.ts";
import { webcryptoAead } from "../../sdk/hpke/aead.ts";
import { openBase } from "../../sdk/hpke/open-base.ts";
import { openerOf } from "../../sdk/node/open.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";
import { unpadPlaintext } from "../../sdk/padding.ts";
import { sealPayload, type SealTo } from "../../sdk/seal.ts";
import {
  aesTasks,
  hpkeJsSuite,
  nobleSchedule,
  payload,
  sealTasks,
  situation,
} from "./crypto-contenders.ts";
import type { Task } from "./side-by-side.ts";
import { lines, sideBySide } from "./side-by-side.ts";

type OpenBase = (enc: Bytes, info: Bytes, aad: Bytes, ct: Bytes) => Promise<Bytes | undefined>;

/** What an opener of ours does, with another's OpenBase. */
async function openFrame(to: SealTo, envelope: Bytes, openBaseOf: OpenBase): Promise<string> {
  const { hdr, enc, ct } = parseEnvelope(envelope);
  const consentBytes = canonicalBytes(to.consent);
  const aad = await answerAad({ ...to, consentBytes, invitationBytes: to.invitation });
  const plaintext = await openBaseOf(enc, answerInfo(hdr), aad, ct);
  const opened = plaintext && unpadPlaintext(plaintext);
  if (!opened) throw new Error("a contender cannot open the answer");
  return textOf(opened);
}

async function openTasks(): Promise<Task[]> {
  const seed = generateSeed();
  const to = situation(regionPublicKey(seed));
  const envelope = await sealPayload(to, payload);
  const open = openerOf(seed);
  const recipientKey = await hpkeJsSuite.kem.importKey("raw", seed.slice().buffer, false);
  const byNoble: OpenBase = (enc, info, aad, ct) => {
    const { key, nonce } = nobleSchedule(nobleXWing.decapsulate(enc, seed), info);
    return Promise.resolve(webcryptoAead.open(key, nonce, aad, ct));
  };
  const byHpkeJs: OpenBase = async (enc, info, aad, ct) => {
    const recipient = await hpkeJsSuite.createRecipientContext({
      recipientKey,
      enc: enc.buffer,
      info,
    });
    return new Uint8Array(await recipient.open(ct, aad));
  };
  const portable: OpenBase = (enc, info, aad, ct) => openBase(enc, seed, info, aad, ct);
  return [
    { name: "noble X-Wing + HKDF, WebCrypto AES", run: () => openFrame(to, envelope, byNoble) },
    { name: "hpke-js", run: () => openFrame(to, envelope, byHpkeJs) },
    { name: "ours, any runtime", run: () => openFrame(to, envelope, portable) },
    { name: "ours, Node's own cryptography", run: () => open(to, envelope) },
  ];
}

async function inNode(): Promise<void> {
  const [native, portable] = [regionPublicKey(generateSeed()), regionPublicKey(generateSeed())];
  console.log(
    lines("Node: seal an answer of 500 bytes", await sideBySide(await sealTasks(native, portable))),
  );
  console.log(lines("Node: open it", await sideBySide(await openTasks())));
  for (const [title, textBytes] of [
    ["500 bytes", 500],
    ["64 KB", 65_536],
    ["1 MB", 1_048_576],
  ] as const)
    console.log(lines(`Node: AES-256-GCM, ${title}`, await sideBySide(await aesTasks(textBytes))));
}

async function browserBundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      lib: { entry: new URL("crypto-browser.ts", import.meta.url).pathname, formats: ["es"] },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  const [output] = Array.isArray(built) ? built : [];
  const [chunk] = output?.output ?? [];
  if (chunk?.type !== "chunk") throw new Error("vite built no script");
  return chunk.code;
}

async function inChromium(): Promise<void> {
  const script = await browserBundle();
  const server = createServer(({ url }, response) => {
    const isScript = url === "/bench.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : "<!doctype html><title>bench</title>");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // A TCP server's address is one.
  const browser = await launchBrowser();
  const [native, portable] = [generateSeed(), generateSeed()].map((seed) => [
    ...regionPublicKey(seed),
  ]);
  const name = `Chromium ${browser.version()}`;
  const page = await browser.newPage();
  await page.goto(origin);
  const tables = await page.evaluate(
    async ([address, ...keys]) => {
      const bench = (await import(address)) as typeof import("./crypto-browser.ts"); // The bundle of that file.
      return bench.measure(...keys);
    },
    [`${origin}/bench.js`, native ?? [], portable ?? []] as const,
  );
  for (const [title, measured] of tables) console.log(lines(`${name}: ${title}`, measured));
  const fresh = await browser.newPage();
  await fresh.goto(origin);
  const { warmUpMs, sealMs } = await fresh.evaluate(
    async ([address, key]) => {
      const bench = (await import(address)) as typeof import("./crypto-browser.ts"); // The bundle of that file.
      return bench.first(key);
    },
    [`${origin}/bench.js`, native ?? []] as const,
  );
  console.log(
    `${name}: a fresh page warms up in ${warmUpMs.toFixed(0)} ms, then seals in ${sealMs.toFixed(1)} ms`,
  );
  await browser.close();
  server.close();
}

await inNode();
await inChromium();
