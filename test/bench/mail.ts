// `npm run bench mail`: what is made for each reader beside what it is made of, and a million readers by `maily mint`. Ratios
// of one run mean something, its times little.
import { spawn } from "node:child_process";
import { createCipheriv, createPrivateKey, randomBytes, sign } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import mjmlToHtml from "mjml";
import { filledOf, mintedOf, mintPlanOf, type MintPlan } from "../../cli/mint.ts";
import { pkcs8Prefix } from "../../sdk/ed25519.ts";
import { mintInvitation, type Invitation } from "../../sdk/invitation.ts";
import { choiceBlocks, choiceKey, sealBlocks } from "../../sdk/node/choices.ts";
import { inviterOf } from "../../sdk/node/invitations.ts";
import { bytesOf, prepared, served, type Prepared } from "../cli/minting.ts";
import { mjmlFor, sampleWidget } from "./mail-sample.ts";
import { lines, sideBySide } from "./side-by-side.ts";

const codesPerReader = 50;
const readersInAll = 1_000_000;
const program = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

const perSecond = (microseconds: number): string =>
  Math.round(1_000_000 / microseconds).toLocaleString("en");

async function codes({ minting }: Prepared): Promise<void> {
  const { choices } = minting.plan;
  if (choices.length !== codesPerReader) throw new Error(`the mail has ${choices.length} choices`);
  const { blocks, roots } = mintPlanOf(minting);
  const root = roots.get("eu");
  if (root === undefined) throw new Error("no root");
  const reader = new Uint8Array(randomBytes(16));
  const key = new Uint8Array(randomBytes(32));
  const tokens = choices.map(([question, option]) =>
    choiceBlocks([{ question, option, channel: "amp" }]),
  );
  const measured = await sideBySide([
    {
      name: "AES-256-GCM, a token each, as text",
      run: () => {
        const texts: string[] = [];
        for (const token of tokens) {
          const nonce = randomBytes(12);
          const cipher = createCipheriv("aes-256-gcm", key, nonce);
          const ct = cipher.update(token);
          cipher.final();
          texts.push(Buffer.concat([nonce, ct, cipher.getAuthTag()]).toString("base64url"));
        }
        return texts;
      },
    },
    {
      name: "ours: reader's key, 50 codes, as text",
      run: () => sealBlocks(choiceKey(root, reader), blocks),
    },
  ]);
  console.log(lines(`${codesPerReader} sealed choices of one reader`, measured));
  const ours = measured[1]?.microseconds ?? Number.NaN;
  console.log(`  ${perSecond(ours)} readers/s, ${perSecond(ours / codesPerReader)} codes/s`);
}

async function invitations({ minting }: Prepared): Promise<void> {
  const seed = bytesOf(minting.secrets.invitationKey.seed);
  const key = Buffer.concat([pkcs8Prefix, seed]);
  const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const body: Invitation = {
    keyId: 1,
    region: "eu",
    test: false,
    visit: false,
    tenant: 9,
    campaign: bytesOf(minting.campaign.id),
    reader: new Uint8Array(randomBytes(16)),
    notice: 1,
    expiresAt: minting.expiresAt,
  };
  const message = randomBytes(57);
  const invite = inviterOf(seed);
  const measured = await sideBySide([
    { name: "node:crypto sign, Ed25519, 57 bytes", run: () => sign(null, message, privateKey) },
    { name: "ours: an invitation as text", run: () => invite(body) },
    { name: "ours, any runtime", run: () => mintInvitation(body, seed) },
  ]);
  console.log(lines("an invitation", measured));
  console.log(`  ${perSecond(measured[1]?.microseconds ?? Number.NaN)} invitations/s`);
}

/** All that `maily mint --format parts` does for one reader, but reading and writing. */
function whole(plan: MintPlan, index: number): number {
  const minted = mintedOf(plan, { id: `reader-${index}`, region: "eu" });
  const { amp = "", html } = filledOf(plan, minted, { language: "de", fields: {} });
  return Buffer.from(amp).length + Buffer.from(html).length;
}

async function mails({ minting }: Prepared): Promise<void> {
  const plan = mintPlanOf(minting);
  const minted = mintedOf(plan, { id: "reader", region: "eu" });
  const own = { language: "en", fields: {} };
  let reader = 0;
  const measured = await sideBySide([
    {
      name: "mjml a message, HTML alone",
      run: async () => {
        const { html, errors } = await mjmlToHtml(mjmlFor(minted.link));
        if (errors.length > 0) throw new Error(errors[0]?.message);
        return Buffer.from(html);
      },
    },
    { name: "ours: fillPlan, strings", run: () => filledOf(plan, minted, own) },
    {
      name: "ours: AMP and HTML, as bytes",
      run: () => {
        const { amp = "", html } = filledOf(plan, minted, own);
        return [Buffer.from(amp), Buffer.from(html)];
      },
    },
    { name: "and invitation, codes, another reader", run: () => whole(plan, reader++) },
  ]);
  const { amp = "", html } = filledOf(plan, minted, own);
  const [ampBytes, htmlBytes] = [Buffer.byteLength(amp), Buffer.byteLength(html)];
  console.log(lines(`one reader's mail: AMP ${ampBytes} bytes, HTML ${htmlBytes}`, measured));
  for (const { name, microseconds } of measured.slice(1))
    console.log(`  ${name}: ${perSecond(microseconds)}/s`);
}

async function writeReaders(file: string): Promise<void> {
  const rowsEach = 1_000;
  const output = createWriteStream(file);
  output.write("id,region,email,language,first_name\n");
  for (let from = 0; from < readersInAll; from += rowsEach) {
    const rows = Array.from({ length: rowsEach }, (_, index) => {
      const reader = from + index;
      const region = ["eu", "us", "apac"][reader % 3];
      return `customer-${reader},${region},reader-${reader}@example.org,en,Name ${reader}\n`;
    });
    if (!output.write(rows.join(""))) await once(output, "drain");
  }
  output.end();
  await once(output, "close");
}

/** The most memory that a process had resident, in megabytes; Linux says it of a process that runs. */
async function peakMegabytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024;
}

async function million(made: Prepared): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "maily-bench-mail-"));
  const { edge, server } = await served(folder, made);
  try {
    await writeReaders(join(folder, "readers.csv"));
    const { id } = made.minting.campaign;
    const common = ["mint", "--edge", edge, "--campaign", id, "--keys", "keys", "--tenant", "9"];
    const args = [
      ...common,
      "--readers",
      "readers.csv",
      "--plan",
      "mail.plan.json",
      "--out",
      "minted.csv",
    ];
    const begun = performance.now();
    const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: "inherit" });
    let peak = 0;
    const watch = setInterval(() => {
      void peakMegabytes(child.pid ?? 0).then((megabytes) => (peak = Math.max(peak, megabytes)));
    }, 250);
    const [status] = (await once(child, "close")) as [number | null]; // As "close" is documented.
    clearInterval(watch);
    const seconds = (performance.now() - begun) / 1000;
    let rows = 0;
    for await (const bytes of createReadStream(join(folder, "minted.csv")))
      for (const byte of bytes as Buffer) if (byte === 10) rows += 1; // No encoding is set.
    const { size } = await stat(join(folder, "minted.csv"));
    if (status !== 0 || rows !== readersInAll + 1)
      throw new Error(`${rows} rows, status ${status}`);
    console.log(
      `maily mint: ${readersInAll.toLocaleString("en")} readers, ${codesPerReader} codes each, ${(size / 1e6).toFixed(0)} MB of CSV, in ${seconds.toFixed(0)} s: ${Math.round(readersInAll / seconds).toLocaleString("en")}/s, at most ${peak.toFixed(0)} MB resident`,
    );
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
}

const made = await prepared(undefined, sampleWidget);
await codes(made);
await invitations(made);
await mails(made);
await million(made);
