// `npm run bench ingest`: records of the stream into rows of the warehouse, beside what OpenSSL needs for them at the least; what
// an answer costs and where. Ratios within one run; the machine's own speed is no result.
import { createPublicKey, decapsulate, diffieHellman, verify, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeys } from "../../cli/keygen.ts";
import { fromBase64url, utf8 } from "../../sdk/bytes.ts";
import { parseEnvelope } from "../../sdk/envelope.ts";
import { Nenc } from "../../sdk/hpke/suite.ts";
import { parseInvitation, signedPartsOf } from "../../sdk/invitation.ts";
import { regionPrivateKey } from "../../sdk/node/region-key.ts";
import { EdgeRecord, type SealedRecord } from "../../sdk/schema/record.ts";
import { Ingest } from "../../server/ingest.ts";
import { createKeyring } from "../../server/keyring.ts";
import { Metrics } from "../../server/metrics.ts";
import { readRecord } from "../../server/read-record.ts";
import { batchRecordsMax, type StoredRecord } from "../../server/stream/stream.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import { answerOf, bytesOf, campaignOf, randomId } from "../server/sealed.ts";

const records = 2_000;
const rounds = 5;

interface Cost {
  readonly wallUs: number;
  readonly cpuUs: number;
}

/** Of one record: time passed, and time of all cores together. */
async function costOf(work: () => Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await work();
  const wall = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  return { wallUs: (wall * 1000) / records, cpuUs: (user + system) / records };
}

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;

const keys = await generateKeys(7, Date.now());
const campaign = await campaignOf(keys);
const keyring = createKeyring(keys.regions.eu, keys.deployment);
const reader = {
  region: "eu",
  keyring,
  campaigns: { revisionsOf: () => [campaign] },
  // Answers of the page alone are measured here.
  choiceRoots: { rootOf: () => new Uint8Array(32) },
  visitKeys: keys.deployment.directory.visitKeys,
} as const;

const sealed: SealedRecord[] = [];
for (let index = 0; index < records; index++)
  sealed.push(
    await answerOf(keys, campaign, {
      answers: {
        roast: index % 2 === 0 ? "dark" : "light",
        extras: ["milk", "oat"],
        order: ["price", "taste"],
        stars: (index % 5) + 1,
        recommend: index % 11,
        again: "yes",
        why: "It wakes me without shaking me, and the bag says where the beans grew.",
      },
    }),
  );
const stored = sealed.map((record, index): StoredRecord => ({
  topic: "answers.sealed.eu",
  partition: index % 4,
  offset: BigInt(index),
  appendedAt: Date.now(),
  key: `7|${randomId(16)}`,
  headers: { region: "eu", schema: "maily.answer.sealed.v1" },
  value: utf8(JSON.stringify(record)),
}));

function openOne(record: SealedRecord): void {
  const { body, bytes } = parseInvitation(record.invitation);
  const envelope = fromBase64url(record.envelope);
  const submissionId = fromBase64url(record.submissionId);
  if (envelope === undefined || submissionId === undefined) throw new TypeError("not sealed");
  const keyId = envelope[0] ?? 0;
  const { consent } = record;
  const from = { ...body, keyId, submissionId, consent, invitation: bytes };
  keyring.openerFor(keyId)(from, envelope);
}

const publicKeyOf = (crv: "X25519" | "Ed25519", bytes: Uint8Array): KeyObject =>
  createPublicKey({
    key: { kty: "OKP", crv, x: Buffer.from(bytes).toString("base64url") },
    format: "jwk",
  });

const own = keys.regions.eu.keys[0];
const invitationKey = campaign.invitationKeys[0];
if (own === undefined || invitationKey === undefined) throw new TypeError("no keys");
const { mlKem, x25519: privateKey } = regionPrivateKey(bytesOf(own.seed));
const signer = publicKeyOf("Ed25519", bytesOf(invitationKey.publicKey));
const x25519Bytes = 32;
const inputs = sealed.map(({ envelope, invitation }) => {
  const { enc } = parseEnvelope(bytesOf(envelope));
  return {
    ciphertext: enc.subarray(0, Nenc - x25519Bytes),
    publicKey: publicKeyOf("X25519", enc.subarray(Nenc - x25519Bytes)),
    ...signedPartsOf(parseInvitation(invitation)),
  };
});

/** What no way of reading can leave out: everything is parsed. */
function primitives(): void {
  for (const { ciphertext, publicKey, message, signature } of inputs) {
    decapsulate(mlKem, ciphertext);
    diffieHellman({ privateKey, publicKey });
    if (!verify(null, message, signer, signature)) throw new TypeError("not signed");
  }
}

async function openWarehouse(): Promise<{ warehouse: Warehouse; remove: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "maily-bench-"));
  const warehouse = await Warehouse.open(join(folder, "warehouse.duckdb"));
  return {
    warehouse,
    remove: async () => {
      await warehouse.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const read = await Promise.all(stored.map((record) => readRecord(record, reader)));
const floor = "the primitives alone";

/** Work to be measured, made ready first: a new warehouse is not part of what an answer costs. */
type Ready = () => Promise<{ run: () => Promise<void>; end?: () => Promise<void> }>;

const work: Record<string, Ready> = {
  [floor]: async () => ({ run: async () => primitives() }),
  "opening alone": async () => ({
    run: async () => {
      for (const record of sealed) openOne(record);
    },
  }),
  "parsing alone": async () => ({
    run: async () => {
      for (const { value } of stored) EdgeRecord.parse(JSON.parse(new TextDecoder().decode(value)));
    },
  }),
  "reading: parse, verify, open, check": async () => ({
    run: async () => {
      for (let start = 0; start < records; start += 16)
        await Promise.all(
          stored.slice(start, start + 16).map((record) => readRecord(record, reader)),
        );
    },
  }),
  "rows and offsets alone": async () => {
    const { warehouse, remove } = await openWarehouse();
    return {
      run: async () => {
        for (let start = 0; start < records; start += batchRecordsMax)
          await warehouse.write({
            rows: read.slice(start, start + batchRecordsMax),
            nextOffsets: new Map([[0, BigInt(start + batchRecordsMax)]]),
            replay: false,
            publish: "eu",
          });
      },
      end: remove,
    };
  },
  "ingest: reading, rows and offsets": async () => {
    const { warehouse, remove } = await openWarehouse();
    const metrics = new Metrics("eu");
    const ingest = new Ingest({ reader, warehouse, metrics, onCommit: () => undefined });
    return {
      run: async () => {
        for (let start = 0; start < records; start += batchRecordsMax)
          await ingest.handle(stored.slice(start, start + batchRecordsMax));
        await ingest.commits.settled();
      },
      end: async () => {
        await ingest.commits.close();
        await remove();
      },
    };
  },
};

const costs = new Map(Object.keys(work).map((name): [string, Cost[]] => [name, []]));
// In turn, round after round, so that whatever else the machine does befalls them alike; the first round warms up.
for (let round = 0; round <= rounds; round++)
  for (const [name, ready] of Object.entries(work)) {
    const { run, end } = await ready();
    const cost = await costOf(run);
    await end?.();
    if (round > 0) costs.get(name)?.push(cost);
  }

const least = median(costs.get(floor)?.map(({ cpuUs }) => cpuUs) ?? []);
for (const [name, measured] of costs) {
  const wallUs = median(measured.map((cost) => cost.wallUs));
  const cpuUs = median(measured.map((cost) => cost.cpuUs));
  console.log(
    `${name.padEnd(38)} ${wallUs.toFixed(0).padStart(5)} µs, ${cpuUs.toFixed(0).padStart(5)} µs of CPU an answer   ` +
      `${(cpuUs / least).toFixed(2)} × the primitives   ${(1e6 / wallUs).toFixed(0)} a second, ${(1e6 / cpuUs).toFixed(0)} a core`,
  );
}
