// What a rotation must never do: leave something sealed, signed or forwarded that nobody can open, verify or take any more.
import { base64url } from "../../sdk/bytes.ts";
import { publicKeyOfSeed, verifyEd25519 } from "../../sdk/ed25519.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import { Problem } from "../../sdk/problem.ts";
import { regions } from "../../sdk/region.ts";
import { Deployment, EdgeSecrets, RegionSecrets } from "../../sdk/schema/deployment.ts";
import { signedBytes } from "../../sdk/signed.ts";
import { dayMilliseconds } from "../keygen.ts";
import { bytesOf } from "../key-bytes.ts";
import type { Folder } from "./folder.ts";

/**
 * A seed is kept so long after its key's end: answers are admitted for seven days more (SPEC §2), wait in an outbox for up to
 * three, and may be dead letters that somebody replays.
 */
export const seedKeptMilliseconds = 14 * dayMilliseconds;

function* regionFaults(before: Folder, after: Folder, now: number): Generator<string> {
  const published = after.deployment.directory.keys;
  for (const old of before.deployment.directory.keys) {
    const same = published.find(({ keyId }) => keyId === old.keyId);
    const spent = now >= Date.parse(old.notAfter) + seedKeptMilliseconds;
    if (same === undefined && !spent) yield `region key ${old.keyId} is no longer published`;
    if (same !== undefined && same.publicKey !== old.publicKey)
      yield `region key ${old.keyId} would be another key`;
    const seed = before.regions[old.region]?.keys.find(({ keyId }) => keyId === old.keyId);
    const kept = after.regions[old.region]?.keys.some(
      (key) => key.keyId === old.keyId && key.seed === seed?.seed,
    );
    if (seed !== undefined && kept !== true && !spent)
      yield `the seed of region key ${old.keyId} would be lost`;
  }
  for (const region of regions)
    for (const { keyId, seed } of after.regions[region]?.keys ?? [])
      if (
        !published.some(
          (key) =>
            key.region === region &&
            key.keyId === keyId &&
            key.publicKey === base64url(regionPublicKey(bytesOf(seed))),
        )
      )
        yield `region key ${keyId} is not published as ${region}'s: restore deployment.json of the same rotation; where a rotation was cut off before it wrote one, take key ${keyId} out of region-${region}.json`;
}

function* forwardFaults({ edge, regions: held }: Folder): Generator<string> {
  for (const region of regions) {
    const key = edge?.forwardKeys[region];
    const known = held[region]?.forwardKeys;
    if (key === undefined || known === undefined) continue;
    if (!known.some(({ keyId, secret }) => keyId === key.keyId && secret === key.secret))
      yield `${region}'s server would not know forward key ${key.keyId}`;
  }
}

async function* signatureFaults(before: Folder, after: Folder): AsyncGenerator<string> {
  const { receiptKeys, visitKeys, root, keys } = after.deployment.directory;
  // An operator.json of another deployment, or of a rotation that was cut off, signs what no page takes.
  for (const { signature, ...config } of keys)
    if (
      !(await verifyEd25519(bytesOf(root), bytesOf(signature), signedBytes("key-config", config)))
    )
      yield `region key ${config.keyId} is not signed by the root key that deployment.json names: use its own operator.json, or, where that is lost, run \`maily rotate root\` first`;
  for (const old of before.deployment.directory.receiptKeys)
    if (!receiptKeys.some((key) => key.keyId === old.keyId && key.publicKey === old.publicKey))
      yield `receipts signed with key ${old.keyId} could not be verified`;
  for (const old of before.deployment.directory.visitKeys)
    if (!visitKeys.some((key) => key.keyId === old.keyId && key.publicKey === old.publicKey))
      yield `visitors whose invitations key ${old.keyId} signed could not take anything back`;
  if (after.edge === undefined) return;
  const { visitKey } = after.edge;
  if (visitKey !== undefined) {
    const publicKey = base64url(await publicKeyOfSeed(bytesOf(visitKey.seed)));
    if (!visitKeys.some((key) => key.keyId === visitKey.keyId && key.publicKey === publicKey))
      yield `visit key ${visitKey.keyId} is not published`;
  }
  const { keyId, seed } = after.edge.receiptKey;
  const publicKey = base64url(await publicKeyOfSeed(bytesOf(seed)));
  if (!receiptKeys.some((key) => key.keyId === keyId && key.publicKey === publicKey))
    yield `receipt key ${keyId} is not published`;
}

/** What makes room where a file would have more keys than it may. */
const roomFor: Readonly<Record<string, string>> = {
  keys: "; run `maily rotate retire` first",
  forwardKeys: "; run `maily rotate retire --forward` first, once the edge signs with the newest",
  "directory.keys": "; run `maily rotate retire` first",
  "directory.visitKeys": ": each stays listed for its visitors, and there is no room for another",
  "directory.receiptKeys": ": each stays listed for its receipts, and there is no room for another",
};

/** What the processes would refuse to read, such as more keys than a file may have. */
function* formFaults({ deployment, edge, regions: held }: Folder): Generator<string> {
  const parsed = [
    ["deployment.json", Deployment.safeParse(deployment)] as const,
    ["edge.json", EdgeSecrets.optional().safeParse(edge)] as const,
    ...Object.values(held).map(
      (secrets) => [`region-${secrets.region}.json`, RegionSecrets.safeParse(secrets)] as const,
    ),
  ];
  for (const [file, { error }] of parsed)
    for (const { path, message } of error?.issues ?? []) {
      const place = path.join(".");
      yield `${file}, ${place}: ${message}${roomFor[place] ?? ""}`;
    }
}

/** Problem configuration-invalid with every fault, before anything is written. `now` in Unix milliseconds. */
export async function requireOpenable(before: Folder, after: Folder, now: number): Promise<void> {
  const errors = [
    ...formFaults(after),
    ...regionFaults(before, after, now),
    ...forwardFaults(after),
  ];
  for await (const fault of signatureFaults(before, after)) errors.push(fault);
  if (errors.length > 0) throw new Problem("configuration-invalid", { errors });
}
