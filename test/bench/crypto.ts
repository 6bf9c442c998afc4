// `npm run bench crypto`: sealing, opening and AES-256-GCM beside noble and hpke-js, in Node and in Chromium. Ratios of one
// run mean something, its times little. --markdown: into docs/sealing-performance.md.
import { parseArgs } from "node:util";
import { ml_kem768_x25519 as nobleXWing } from "@noble/post-quantum/hybrid.js";
import { launchBrowser } from "../browser/chromium.ts";
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
import { benchPage } from "./bench-page.ts";
import { writeBlock } from "./edge/report.ts";
import { lines, sideBySide, type Measured, type Task } from "./side-by-side.ts";

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

type Table = readonly [title: string, measured: readonly Measured[]];
const tables: Table[] = [];

function show(...table: Table): void {
  tables.push(table);
  console.log(lines(...table));
}

async function inNode(): Promise<void> {
  const [native, portable] = [regionPublicKey(generateSeed()), regionPublicKey(generateSeed())];
  const name = `Node ${process.versions.node}`;
  show(`${name}: seal an answer of 500 bytes`, await sideBySide(await sealTasks(native, portable)));
  show(`${name}: open it`, await sideBySide(await openTasks()));
  for (const [title, textBytes] of [
    ["500 bytes", 500],
    ["64 KB", 65_536],
    ["1 MB", 1_048_576],
  ] as const)
    show(`${name}: AES-256-GCM, ${title}`, await sideBySide(await aesTasks(textBytes)));
}

async function inChromium(): Promise<void> {
  const { origin, close } = await benchPage("crypto-browser.ts");
  const browser = await launchBrowser();
  const [native, portable] = [generateSeed(), generateSeed()].map((seed) => [
    ...regionPublicKey(seed),
  ]);
  const page = await browser.newPage();
  await page.goto(origin);
  const measured = await page.evaluate(
    async ([address, ...keys]) => {
      const bench = (await import(address)) as typeof import("./crypto-browser.ts"); // The bundle of that file.
      return bench.measure(...keys);
    },
    [`${origin}/bench.js`, native ?? [], portable ?? []] as const,
  );
  for (const [title, all] of measured) show(`Chromium ${browser.version()}: ${title}`, all);
  await browser.close();
  close();
}

const rowsOf = ([title, measured]: Table): string => {
  const noble = measured[0]?.microseconds ?? Number.NaN;
  const rows = measured.map(({ name, microseconds }) => {
    const share = microseconds / noble;
    return `| ${name} | ${share.toFixed(2)} | ${(1 / share).toFixed(1)} |`;
  });
  return [`| ${title} | share of noble's time | times as fast |`, "|---|--:|--:|", ...rows].join(
    "\n",
  );
};

const { values } = parseArgs({
  options: { markdown: { type: "boolean", default: false }, quick: { type: "boolean" } },
});
await inNode();
await inChromium();
if (values.markdown)
  await writeBlock(
    "crypto",
    tables.map(rowsOf).join("\n\n"),
    new URL("../../docs/sealing-performance.md", import.meta.url),
  );
