// Keys: what was sealed, signed or forwarded under one must stay openable, verifiable and taken.
import { base64url } from "../../sdk/bytes.ts";
import { publicKeyOfSeed, verifyEd25519 } from "../../sdk/ed25519.ts";
import { isRegion } from "../../sdk/region.ts";
import type { SignedKeyConfig } from "../../sdk/schema/key-config.ts";
import { signedBytes } from "../../sdk/signed.ts";
import { bytesOf } from "../key-bytes.ts";
import { step, type Situation, type Step } from "./step.ts";

/** An expired region key's answers are admitted for so long (SPEC §2), and its seed is needed for so long. */
export const openableMilliseconds = 7 * 86_400_000;

const day = (instant: string): string => instant.slice(0, 10);
const nameOf = ({ region, keyId }: SignedKeyConfig): string => `region key ${keyId} (${region})`;

function* regionKeySteps({ keys, live, now }: Situation): Generator<Step> {
  const after = keys.deployment.directory.keys;
  const before = live?.directory.keys ?? [];
  for (const key of before) {
    const same = after.find(({ keyId }) => keyId === key.keyId);
    const needed = now < Date.parse(key.notAfter) + openableMilliseconds;
    if (same === undefined)
      yield needed
        ? step(
            "refuse",
            `${nameOf(key)} is taken out`,
            `What is sealed to it would be refused. It may go ${day(new Date(Date.parse(key.notAfter) + openableMilliseconds).toISOString())}, a week after its end.`,
          )
        : step(
            "change",
            `${nameOf(key)} is taken out`,
            "Nothing sealed to it is admitted any more.",
          );
    else if (same.publicKey !== key.publicKey || same.region !== key.region)
      yield step(
        "refuse",
        `${nameOf(key)} is another key than the one that is live`,
        "A key id is never used again: what was sealed to the old one would not open. Use the files of the same deployment, or `maily rotate`.",
      );
    else if (
      Date.parse(same.notAfter) < Date.parse(key.notAfter) &&
      Date.parse(same.notAfter) + openableMilliseconds < now
    )
      yield step(
        "refuse",
        `${nameOf(key)} ends before now`,
        "Give it an end in the future, so that pages open now can still send.",
      );
    else yield step("keep", `${nameOf(key)}, until ${day(same.notAfter)}`);
  }
  for (const key of after)
    if (!before.some(({ keyId }) => keyId === key.keyId))
      yield step(
        live === undefined ? "note" : "create",
        `${nameOf(key)}, ${day(key.notBefore)} to ${day(key.notAfter)}`,
      );
}

function* activeKeySteps({ keys, target, now }: Situation): Generator<Step> {
  for (const region of Object.keys(target.regions).filter(isRegion)) {
    const own = keys.deployment.directory.keys.filter((key) => key.region === region);
    const active = own.filter(
      ({ notBefore, notAfter }) => Date.parse(notBefore) <= now && now < Date.parse(notAfter),
    );
    if (active.length === 0)
      yield step(
        "refuse",
        `${region} has no active key`,
        "Nobody could answer there. Run `maily rotate region` with the root key.",
      );
    const held = keys.regions[region];
    if (held === undefined) {
      yield step(
        "note",
        `region-${region}.json is not here`,
        "Make sure that its server has the seeds and the forward key: nothing here can tell.",
      );
      continue;
    }
    for (const { keyId } of active)
      if (!held.keys.some((key) => key.keyId === keyId))
        yield step(
          "refuse",
          `${region}'s server has no seed of key ${keyId}`,
          "What is sealed to it would never open. Restore region-<region>.json.",
        );
  }
}

function* forwardKeySteps({ keys, target, deployed }: Situation): Generator<Step> {
  for (const region of Object.keys(target.regions).filter(isRegion)) {
    const key = keys.edge.forwardKeys[region];
    if (key === undefined) {
      yield step(
        "refuse",
        `edge.json has no forward key for ${region}`,
        "The edge could send nothing there. Restore edge.json.",
      );
      continue;
    }
    const held = keys.regions[region]?.forwardKeys;
    if (held?.some((known) => known.keyId === key.keyId && known.secret === key.secret) === false)
      yield step(
        "refuse",
        `${region}'s server does not know forward key ${key.keyId}`,
        "Its server goes first: `maily rotate forward`, restart the server with its new file, then deploy the edge.",
      );
    const before = deployed?.forwardKeyIds[region];
    if (before !== undefined && before !== key.keyId)
      yield step(
        "change",
        `forward key of ${region}: ${before} → ${key.keyId}`,
        "The server must already run with both.",
      );
  }
}

async function* receiptKeySteps({ keys, live, deployed }: Situation): AsyncGenerator<Step> {
  const { receiptKeys } = keys.deployment.directory;
  const { keyId, seed } = keys.edge.receiptKey;
  const publicKey = base64url(await publicKeyOfSeed(bytesOf(seed)));
  if (!receiptKeys.some((key) => key.keyId === keyId && key.publicKey === publicKey))
    yield step(
      "refuse",
      `receipt key ${keyId} is not listed in deployment.json`,
      "Nobody could verify a receipt. Restore the files of one deployment.",
    );
  for (const old of live?.directory.receiptKeys ?? []) {
    const same = receiptKeys.find((key) => key.keyId === old.keyId);
    if (same === undefined)
      yield step(
        "refuse",
        `receipt key ${old.keyId} is taken out`,
        "Readers hold receipts signed with it: it stays listed.",
      );
    else if (same.publicKey !== old.publicKey)
      yield step(
        "refuse",
        `receipt key ${old.keyId} is another key than the one that is live`,
        "A key id is never used again: use the files of the same deployment.",
      );
  }
  if (deployed !== undefined && deployed.receiptKeyId !== keyId)
    yield step("change", `receipts are signed with key ${deployed.receiptKeyId} → ${keyId}`);
}

async function* rootSteps({ keys, live }: Situation): AsyncGenerator<Step> {
  const { root, keys: configs } = keys.deployment.directory;
  for (const { signature, ...config } of configs)
    if (
      !(await verifyEd25519(bytesOf(root), bytesOf(signature), signedBytes("key-config", config)))
    )
      yield step(
        "refuse",
        `region key ${config.keyId} is not signed by the root key`,
        "Pages would refuse it. Restore deployment.json.",
      );
  const ids = configs.map(({ keyId }) => keyId);
  for (const keyId of new Set(ids.filter((id, index) => ids.indexOf(id) !== index)))
    yield step(
      "refuse",
      `two region keys have the id ${keyId}`,
      "Ids are unique in a deployment, among all regions.",
    );
  if (live === undefined) return;
  yield live.directory.root === root
    ? step("keep", "the root key that pages pin")
    : step(
        "change",
        "the root key that pages pin",
        "Pages opened before, and those in caches for five minutes, refuse the new keys until they are loaded again.",
      );
}

/** Region keys, forward keys, the receipt key, and the root key. */
export async function keySteps(situation: Situation): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const found of rootSteps(situation)) steps.push(found);
  steps.push(
    ...regionKeySteps(situation),
    ...activeKeySteps(situation),
    ...forwardKeySteps(situation),
  );
  for await (const found of receiptKeySteps(situation)) steps.push(found);
  return steps;
}
