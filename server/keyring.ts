// The region's private keys. Epochs are pending, active or expired by the deployment's key configurations (SPEC §7);
// a destroyed key is one that is in no secrets file any more.
import { fromBase64url, base64url, type Bytes } from "../sdk/bytes.ts";
import { openChoiceRoot, type ChoiceScope } from "../sdk/node/choices.ts";
import { openerOf, type Open } from "../sdk/node/open.ts";
import { regionPublicKey } from "../sdk/node/region-key.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { Deployment, RegionSecrets } from "../sdk/schema/deployment.ts";
import type { KeyConfig } from "../sdk/schema/key-config.ts";

export type KeyState = "pending" | "active" | "expired";

/** `now` in Unix milliseconds. */
export function stateOf(config: Pick<KeyConfig, "notBefore" | "notAfter">, now: number): KeyState {
  if (now < Date.parse(config.notBefore)) return "pending";
  return now < Date.parse(config.notAfter) ? "active" : "expired";
}

export interface Keyring {
  /** Throws Problem `region-mismatch` for another region's key, `key-unknown` for one this server does not hold. */
  openerFor(keyId: number): Open;
  /** The root of a campaign's sealed choices (SPEC §3.8). The same Problems; `malformed-request` for an `enc` that is no key. */
  choiceRoot(enc: Bytes, scope: ChoiceScope): Promise<Bytes>;
  states(now: number): { readonly keyId: number; readonly state: KeyState }[];
  /** Ids of the region's published keys that are not over, and whose seed is not here: what is sealed to them becomes a dead letter. */
  missing(now: number): number[];
}

function seedOf(text: string): Bytes {
  const seed = fromBase64url(text);
  if (seed === undefined) throw new TypeError("a seed that the schema let through");
  return seed;
}

/**
 * Throws Problem `configuration-invalid` where a private key is not one of the deployment's for this region: answers
 * sealed to the published key could then never be opened.
 */
export function createKeyring({ region, keys }: RegionSecrets, deployment: Deployment): Keyring {
  const published = deployment.directory.keys;
  const errors: string[] = [];
  const held = new Map<number, { open: Open; seed: Bytes; config: KeyConfig }>();
  for (const { keyId, seed } of keys) {
    const config = published.find((key) => key.region === region && key.keyId === keyId);
    if (config?.publicKey === base64url(regionPublicKey(seedOf(seed))))
      held.set(keyId, { open: openerOf(seedOf(seed)), seed: seedOf(seed), config });
    else
      errors.push(
        `MAILY_SECRETS: key ${keyId} is not ${region}'s key ${keyId} of MAILY_DEPLOYMENT; give it both files of one \`maily keygen\` or \`maily rotate\``,
      );
  }
  if (errors.length > 0) throw new Problem("configuration-invalid", { errors });
  const foreign = new Set(ofOthers(region, published));
  const keyOf = (keyId: number) => {
    const key = held.get(keyId);
    if (key !== undefined) return key;
    throw new Problem(foreign.has(keyId) ? "region-mismatch" : "key-unknown");
  };
  return {
    openerFor: (keyId) => keyOf(keyId).open,
    async choiceRoot(enc, scope) {
      const { seed } = keyOf(scope.keyId);
      try {
        return await openChoiceRoot(enc, seed, scope);
      } catch {
        // Such as an X25519 point of small order: nobody made choices with it.
        throw new Problem("malformed-request", {
          errors: ["campaign.mail.choices: enc is no key"],
        });
      }
    },
    states: (now) =>
      Array.from(held, ([keyId, { config }]) => ({ keyId, state: stateOf(config, now) })),
    missing: (now) =>
      published
        .filter((key) => key.region === region && !held.has(key.keyId))
        .filter((key) => stateOf(key, now) !== "expired")
        .map(({ keyId }) => keyId),
  };
}

const ofOthers = (region: Region, published: readonly KeyConfig[]): number[] =>
  published.filter((key) => key.region !== region).map((key) => key.keyId);
