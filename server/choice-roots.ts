// The roots of campaigns' sealed choices (SPEC §3.8), on SQLite: derived while the region's key is there, kept wrapped
// beyond it, so that the end of a key's epoch does not orphan the mails already sent.
import { createCipheriv, createDecipheriv, hash, randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { concat, fromBase64url, u32, u8, type Bytes } from "../sdk/bytes.ts";
import { rememberedDays } from "../sdk/consent.ts";
import { Problem } from "../sdk/problem.ts";
import { regionCodes, type Region } from "../sdk/region.ts";
import type { Campaign, SealedChoices } from "../sdk/schema/campaign.ts";
import type { Keyring } from "./keyring.ts";
import { faultOf, log } from "./log.ts";
import { openSqlite, transaction } from "./sqlite.ts";

/** After a campaign's close an answer may still arrive for 30 days (SPEC §2), and the operator may replay it. */
const keptMs = rememberedDays * 24 * 60 * 60 * 1000;
const sweepEveryMs = 60 * 60 * 1000;
/** Roots kept unwrapped; the least recently asked for goes first. */
const openedMax = 512;
const nonceBytes = 12;
const tagBytes = 16;

const schema = `
  CREATE TABLE IF NOT EXISTS choice_root (
    id BLOB PRIMARY KEY, wrapped BLOB NOT NULL, kept_until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS choice_root_kept ON choice_root (kept_until);
`;

type CampaignOf = Pick<Campaign, "id" | "tenant" | "closesAt" | "mail">;

function bytesOf(text: string): Bytes {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new TypeError("base64url that the schema let through");
  return bytes;
}

/** How a campaign's choices are sealed to this region; undefined where they are not. */
export const choicesFor = (campaign: CampaignOf, region: Region): SealedChoices | undefined =>
  campaign.mail?.choices.find((choices) => choices.region === region);

export interface RootsFrom {
  readonly region: Region;
  readonly wrapKey: Bytes;
  readonly keyring: Pick<Keyring, "choiceRoot">;
}

export class ChoiceRoots {
  readonly #database: DatabaseSync;
  readonly #from: RootsFrom;
  readonly #opened = new Map<string, Bytes>();
  readonly #sweep: NodeJS.Timeout;

  /** Throws Problem `configuration-invalid` when the file cannot be opened. */
  constructor(path: string, from: RootsFrom) {
    this.#database = openSqlite(path, schema);
    this.#from = from;
    this.#sweep = setInterval(() => this.expire(Date.now()), sweepEveryMs).unref();
  }

  /**
   * Makes sure that a campaign's root is kept. Problems: `region-mismatch`, `key-unknown` (the key that its `enc` is for
   * is not held here: no code would ever open), `malformed-request`, `region-unavailable` (disk).
   */
  async keep(campaign: CampaignOf): Promise<void> {
    const choices = choicesFor(campaign, this.#from.region);
    if (choices === undefined) return;
    const until = Date.parse(campaign.closesAt) + keptMs;
    const aad = this.#aadOf(campaign, choices);
    if (this.#unwrapped(aad) === undefined) {
      const scope = {
        tenant: campaign.tenant,
        campaign: bytesOf(campaign.id),
        region: choices.region,
        keyId: choices.keyId,
      };
      const root = await this.#from.keyring.choiceRoot(bytesOf(choices.enc), scope);
      this.#run("INSERT OR REPLACE INTO choice_root VALUES (?, ?, ?)", [
        idOf(aad),
        this.#wrap(root, aad),
        until,
      ]);
    } else if (this.#keptUntil(aad) < until)
      // A later revision closes later.
      this.#run("UPDATE choice_root SET kept_until = ? WHERE id = ?", [until, idOf(aad)]);
  }

  /** The same for all of them, at the start; one that cannot be is named and does not stop the others. */
  async keepAll(campaigns: Iterable<Campaign>): Promise<void> {
    for (const campaign of campaigns) {
      if (Date.parse(campaign.closesAt) + keptMs < Date.now()) continue;
      try {
        await this.keep(campaign);
      } catch (error) {
        const code = error instanceof Problem ? error.code : faultOf(error);
        log("choices-unopenable", { campaign: campaign.id, revision: campaign.revision, code });
      }
    }
  }

  /** The root of a campaign with choices for this region. Problem: `key-unknown` where it is not kept (any more). */
  rootOf(campaign: CampaignOf): Bytes {
    const choices = choicesFor(campaign, this.#from.region);
    if (choices === undefined) throw new Problem("choice-invalid");
    const aad = this.#aadOf(campaign, choices);
    const id = idOf(aad).toString("base64url");
    const root = this.#opened.get(id) ?? this.#unwrapped(aad);
    if (root === undefined) throw new Problem("key-unknown");
    this.#opened.delete(id);
    this.#opened.set(id, root);
    const oldest = this.#opened.keys().next().value;
    if (this.#opened.size > openedMax && oldest !== undefined) this.#opened.delete(oldest);
    return root;
  }

  /** Forgets the roots of campaigns that closed long ago; `now` in Unix milliseconds. */
  expire(now: number): void {
    try {
      this.#run("DELETE FROM choice_root WHERE kept_until < ?", [now]);
      this.#opened.clear();
    } catch (error) {
      // The next sweep tries again.
      if (!(error instanceof Problem)) throw error;
      log("sweep-postponed", { code: error.code });
    }
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#opened.clear();
    this.#database.close();
  }

  #run(sql: string, values: (Uint8Array | number)[]): void {
    transaction(this.#database, () => this.#database.prepare(sql).run(...values));
  }

  #keptUntil(aad: Bytes): number {
    const row = this.#database
      .prepare("SELECT kept_until FROM choice_root WHERE id = ?")
      .get(idOf(aad));
    return Number(row?.["kept_until"] ?? -Infinity);
  }

  /** Names one root, and binds its wrapping to what it is for. */
  #aadOf({ tenant, id }: CampaignOf, { region, keyId, enc }: SealedChoices): Bytes {
    const digest = hash("sha256", bytesOf(enc), "buffer");
    return concat(u32(tenant), bytesOf(id), u8(regionCodes[region]), u8(keyId), digest);
  }

  #wrap(root: Bytes, aad: Bytes): Bytes {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#from.wrapKey, nonce).setAAD(aad);
    return concat(nonce, cipher.update(root), cipher.final(), cipher.getAuthTag());
  }

  /** Undefined where none is kept, or it was wrapped under another key than today's. */
  #unwrapped(aad: Bytes): Bytes | undefined {
    const row = this.#database
      .prepare("SELECT wrapped FROM choice_root WHERE id = ?")
      .get(idOf(aad));
    const wrapped = row?.["wrapped"];
    if (!(wrapped instanceof Uint8Array)) return undefined;
    const nonce = wrapped.subarray(0, nonceBytes);
    const decipher = createDecipheriv("aes-256-gcm", this.#from.wrapKey, nonce, {
      authTagLength: tagBytes,
    });
    decipher.setAAD(aad).setAuthTag(wrapped.subarray(-tagBytes));
    const root = decipher.update(wrapped.subarray(nonceBytes, -tagBytes));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return Uint8Array.from(root);
  }
}

const idOf = (aad: Bytes): Buffer => hash("sha256", aad, "buffer");
