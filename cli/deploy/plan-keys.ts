// Keys: what was sealed, signed or forwarded under one must stay openable, verifiable and taken.
import { deploymentPiecesMax } from "../../edge/env.ts";
import { base64url } from "../../sdk/bytes.ts";
import { publicKeyOfSeed, verifyEd25519 } from "../../sdk/ed25519.ts";
import { isRegion } from "../../sdk/region.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import type { RegionSecrets } from "../../sdk/schema/deployment.ts";
import type { KeyDirectory, SignedKeyConfig } from "../../sdk/schema/key-config.ts";
import { signedBytes } from "../../sdk/signed.ts";
import { bytesOf } from "../key-bytes.ts";
import { deploymentVariables } from "./deployment-variables.ts";
import { step, type Situation, type Step } from "./step.ts";

/** An expired region key's answers are admitted for so long (SPEC §2), and its seed is needed for so long. */
export const openableMilliseconds = 7 * 86_400_000;

const day = (instant: string): string => instant.slice(0, 10);
const nameOf = ({ region, keyId }: SignedKeyConfig): string => `region key ${keyId} (${region})`;

/** What readers have been told: by the edge itself, else by what the last deployment wrote down. */
const directoryBefore = ({ live, deployed }: Situation): KeyDirectory | undefined =>
  live?.directory ?? deployed?.directory;

function* regionKeySteps(situation: Situation): Generator<Step> {
  const { keys, now } = situation;
  const after = keys.deployment.directory.keys;
  const directory = directoryBefore(situation);
  const before = directory?.keys ?? [];
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
        directory === undefined ? "note" : "create",
        `${nameOf(key)}, ${day(key.notBefore)} to ${day(key.notAfter)}`,
      );
}

/** The id alone says little: every deployment's first keys have the same. */
const hasSeed = ({ keys }: RegionSecrets, { keyId, publicKey }: SignedKeyConfig): boolean =>
  keys.some(
    (key) => key.keyId === keyId && base64url(regionPublicKey(bytesOf(key.seed))) === publicKey,
  );

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
    // Those that begin later too: nobody looks again when they do.
    for (const key of own)
      if (now < Date.parse(key.notAfter) + openableMilliseconds && !hasSeed(held, key))
        yield step(
          "refuse",
          `${region}'s server has no seed of key ${key.keyId}`,
          `What is sealed to it would never open. Restore region-${region}.json: it is older than deployment.json, or of another deployment.`,
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

interface ListedKey {
  readonly keyId: number;
  readonly publicKey: string;
}

/** What was signed with a key that was ever live is looked at again: the key stays listed, and stays the same. */
function* keptKeys(
  kind: "receipt" | "visit",
  before: readonly ListedKey[],
  now: readonly ListedKey[],
  { without }: { readonly without: string },
): Generator<Step> {
  for (const old of before) {
    const same = now.find((key) => key.keyId === old.keyId);
    if (same === undefined) yield step("refuse", `${kind} key ${old.keyId} is taken out`, without);
    else if (same.publicKey !== old.publicKey)
      yield step(
        "refuse",
        `${kind} key ${old.keyId} is another key than the one that is live`,
        "A key id is never used again: use the files of the same deployment.",
      );
  }
}

async function* receiptKeySteps(situation: Situation): AsyncGenerator<Step> {
  const { keys, deployed } = situation;
  const { receiptKeys } = keys.deployment.directory;
  const { keyId, seed } = keys.edge.receiptKey;
  const publicKey = base64url(await publicKeyOfSeed(bytesOf(seed)));
  if (!receiptKeys.some((key) => key.keyId === keyId && key.publicKey === publicKey))
    yield step(
      "refuse",
      `receipt key ${keyId} is not listed in deployment.json`,
      "Nobody could verify a receipt. Restore the files of one deployment.",
    );
  yield* keptKeys("receipt", directoryBefore(situation)?.receiptKeys ?? [], receiptKeys, {
    without: "Readers hold receipts signed with it: it stays listed.",
  });
  if (deployed !== undefined && deployed.receiptKeyId !== keyId)
    yield step("change", `receipts are signed with key ${deployed.receiptKeyId} → ${keyId}`);
}

async function* visitKeySteps(situation: Situation): AsyncGenerator<Step> {
  const { keys } = situation;
  const { visitKeys } = keys.deployment.directory;
  const { visitKey } = keys.edge;
  const before = directoryBefore(situation)?.visitKeys ?? [];
  yield* keptKeys("visit", before, visitKeys, {
    without: "Visitors whom it was given could not take back what they gave: it stays listed.",
  });
  if (visitKey === undefined) {
    yield step(
      "note",
      "edge.json has no visit key",
      "No site can embed a widget: `maily rotate visit`.",
    );
    return;
  }
  const publicKey = base64url(await publicKeyOfSeed(bytesOf(visitKey.seed)));
  if (!visitKeys.some((key) => key.keyId === visitKey.keyId && key.publicKey === publicKey))
    yield step(
      "refuse",
      `visit key ${visitKey.keyId} is not listed in deployment.json`,
      "No server would take a visitor's answer. Restore the files of one deployment.",
    );
  else if (!before.some(({ keyId }) => keyId === visitKey.keyId))
    yield step(
      before.length === 0 ? "create" : "change",
      `visitors' invitations are signed with key ${visitKey.keyId}`,
      "The servers must already run with the deployment.json that lists it.",
    );
}

async function* rootSteps(situation: Situation): AsyncGenerator<Step> {
  const { keys } = situation;
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
  const pieces = Object.keys(deploymentVariables(keys.deployment)).length;
  if (pieces > deploymentPiecesMax)
    yield step(
      "refuse",
      `deployment.json fills ${pieces} variables, and the edge reads ${deploymentPiecesMax}`,
      "It would refuse every request. `maily rotate retire` takes out old region keys; take out operators' keys whose notAfter is over.",
    );
  const before = directoryBefore(situation);
  if (before === undefined) return;
  yield before.root === root
    ? step("keep", "the root key that pages pin")
    : step(
        "change",
        "the root key that pages pin",
        "Pages opened before, and those in caches for five minutes, refuse the new keys until they are loaded again.",
      );
}

/** Region keys, forward keys, the receipt and visit keys, and the root key. */
export async function keySteps(situation: Situation): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const found of rootSteps(situation)) steps.push(found);
  steps.push(
    ...regionKeySteps(situation),
    ...activeKeySteps(situation),
    ...forwardKeySteps(situation),
  );
  for await (const found of receiptKeySteps(situation)) steps.push(found);
  for await (const found of visitKeySteps(situation)) steps.push(found);
  return steps;
}
