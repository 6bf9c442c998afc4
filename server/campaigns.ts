// What this region knows of its campaigns: every revision that may still be answered, on SQLite.
import type { DatabaseSync } from "node:sqlite";
import { fromBase64url, equalBytes } from "../sdk/bytes.ts";
import { canonicalBytes } from "../sdk/canonical.ts";
import { verifyEd25519 } from "../sdk/ed25519.ts";
import { movedFrom } from "../sdk/options.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { SignedCampaign, type Campaign } from "../sdk/schema/campaign.ts";
import type { OperatorKey } from "../sdk/schema/deployment.ts";
import { signedBytes } from "../sdk/signed.ts";
import type { ChoiceRoots } from "./choice-roots.ts";
import { openSqlite, transaction } from "./sqlite.ts";

/** Earlier revisions kept: an answer admitted under one of them may still be on its way when the next arrives. */
const revisionsMax = 16;
/** Campaigns whose revisions are kept parsed; the least recently asked for goes first. */
const parsedMax = 512;
/** Campaigns read at a time when all are. */
const pageMax = 200;

const schema = `
  CREATE TABLE IF NOT EXISTS campaign (
    id TEXT NOT NULL, revision INTEGER NOT NULL, tenant INTEGER NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (id, revision)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS campaign_tenant ON campaign (tenant, id);
`;

export interface CampaignAuthority {
  readonly region: Region;
  readonly operatorKeys: readonly OperatorKey[];
  readonly choiceRoots: Pick<ChoiceRoots, "keep">;
}

/** Throws Problem `malformed-request` naming the places, never the values. */
function parseDocument(document: unknown): SignedCampaign {
  const parsed = SignedCampaign.safeParse(document);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Problem("malformed-request", { errors });
}

/** `now` in Unix milliseconds. */
const isInForce = ({ notBefore, notAfter }: OperatorKey, now: number): boolean =>
  (notBefore === undefined || Date.parse(notBefore) <= now) &&
  (notAfter === undefined || now < Date.parse(notAfter));

export class CampaignRegistry {
  readonly #database: DatabaseSync;
  readonly #authority: CampaignAuthority;
  readonly #parsed = new Map<string, readonly Campaign[]>();

  /** Throws Problem `configuration-invalid` when the file cannot be opened. */
  constructor(path: string, authority: CampaignAuthority) {
    this.#database = openSqlite(path, schema);
    this.#authority = authority;
  }

  /**
   * Stores a signed campaign as it was received; true where it was not known before. Problems: `malformed-request`,
   * `signature-invalid` (not an operator of its tenant), `region-mismatch` (not for this region), `campaign-conflict`
   * (an older revision, other content under a known one, another tenant's id, or a question or option that has moved),
   * `key-unknown` (its sealed choices are for a key that this region does not hold), `region-unavailable` (disk).
   */
  async put(id: string, document: unknown): Promise<boolean> {
    const { campaign, operatorKeyId, signature } = parseDocument(document);
    if (campaign.id !== id)
      throw new Problem("malformed-request", { errors: ["campaign.id: differs from the path"] });
    // Verified as it was received: the parsed one has the defaults that nobody signed (SPEC §3.5).
    const received = (document as { readonly campaign: unknown }).campaign; // parseDocument has seen it.
    const operator = this.#authority.operatorKeys.find((key) => key.keyId === operatorKeyId);
    const holds =
      operator?.tenant === campaign.tenant &&
      isInForce(operator, Date.now()) &&
      (await verifyEd25519(
        fromBase64url(operator.publicKey) ?? new Uint8Array(),
        fromBase64url(signature) ?? new Uint8Array(),
        signedBytes("campaign", received),
      ));
    if (!holds) throw new Problem("signature-invalid");
    if (!campaign.regions.includes(this.#authority.region)) throw new Problem("region-mismatch");
    // First the root: a campaign that is stored can always be answered inside its mail.
    await this.#authority.choiceRoots.keep(campaign);
    return this.#store(campaign, document, received);
  }

  #store(campaign: Campaign, document: unknown, received: unknown): boolean {
    const { id, revision, tenant } = campaign;
    return transaction(this.#database, () => {
      const known = this.#documents(id);
      for (const stored of known) {
        if (stored.campaign.tenant !== tenant) throw new Problem("campaign-conflict");
        if (stored.campaign.revision !== revision) continue;
        if (equalBytes(canonicalBytes(stored.received), canonicalBytes(received))) return false;
        throw new Problem("campaign-conflict");
      }
      const latest = known[0]?.campaign;
      if (latest !== undefined && revision < latest.revision)
        throw new Problem("campaign-conflict", { revision: latest.revision });
      // Whatever program published it: a code or link sent before must never come to mean another answer.
      if (latest !== undefined && movedFrom(latest.definition, campaign.definition) !== undefined)
        throw new Problem("campaign-conflict");
      this.#database
        .prepare("INSERT INTO campaign (id, revision, tenant, document) VALUES (?, ?, ?, ?)")
        .run(id, revision, tenant, JSON.stringify(document));
      for (const { campaign: old } of known.slice(revisionsMax - 1))
        this.#database
          .prepare("DELETE FROM campaign WHERE id = ? AND revision = ?")
          .run(id, old.revision);
      this.#parsed.delete(id);
      return true;
    });
  }

  /** Newest first; empty for a campaign that this region does not know. */
  revisionsOf(id: string): readonly Campaign[] {
    const known = this.#parsed.get(id);
    this.#parsed.delete(id);
    const revisions = known ?? this.#documents(id).map(({ campaign }) => campaign);
    if (revisions.length === 0) return revisions;
    this.#parsed.set(id, revisions);
    const oldest = this.#parsed.keys().next().value;
    if (this.#parsed.size > parsedMax && oldest !== undefined) this.#parsed.delete(oldest);
    return revisions;
  }

  /** The newest revision, if `tenant` owns the campaign: another tenant's looks exactly like an unknown one. */
  ofTenant(tenant: number, id: string): Campaign | undefined {
    const campaign = this.revisionsOf(id)[0];
    return campaign?.tenant === tenant ? campaign : undefined;
  }

  /** The newest revision of each of a tenant's campaigns, by id from after `after` on, at most `limit`. */
  listOf(tenant: number, after: string, limit: number): Campaign[] {
    const ids = this.#database
      .prepare("SELECT DISTINCT id FROM campaign WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?")
      .all(tenant, after, limit);
    return ids.flatMap(({ id }) => this.revisionsOf(String(id)).slice(0, 1));
  }

  /** Every revision of every campaign, read page by page. */
  *all(): Generator<Campaign> {
    const page = this.#database.prepare(
      "SELECT DISTINCT id FROM campaign WHERE id > ? ORDER BY id LIMIT ?",
    );
    for (let after = ""; ;) {
      const ids = page.all(after, pageMax).map(({ id }) => String(id));
      for (const id of ids) for (const { campaign } of this.#documents(id)) yield campaign;
      const last = ids.at(-1);
      if (last === undefined) return;
      after = last;
    }
  }

  close(): void {
    this.#database.close();
  }

  #documents(id: string): { campaign: Campaign; received: unknown }[] {
    return this.#database
      .prepare("SELECT document FROM campaign WHERE id = ? ORDER BY revision DESC")
      .all(id)
      .map(({ document }) => {
        const parsed: unknown = JSON.parse(String(document));
        const received = (parsed as { readonly campaign: unknown }).campaign; // `put` parsed it before storing.
        return { campaign: parseDocument(parsed).campaign, received };
      });
  }
}
