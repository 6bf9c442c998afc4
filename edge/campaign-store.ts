// Published campaigns, in a SQLite Durable Object: to the regions first, and a revision never changes.
import { DurableObject } from "cloudflare:workers";
import { base64url, type Bytes } from "../sdk/bytes.ts";
import { canonicalBytes, sha256 } from "../sdk/canonical.ts";
import type { ProblemCode } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { settingsOf, type Bindings } from "./env.ts";
import { forwardCampaign } from "./forward.ts";
import { migrate, type Migration, type Schema } from "./schema.ts";
import { imagesAgain, imagesDown, imagesUp, StoredImages } from "./stored-images.ts";
import { StoredNonces } from "./stored-nonces.ts";

/** What a publication says of itself; `text` is the JSON of the `SignedCampaign` as it arrived. */
export interface Publication {
  readonly id: string;
  readonly tenant: number;
  readonly revision: number;
  readonly regions: readonly Region[];
  readonly text: string;
}

/** A refusal crosses from object to worker as data: an Error would lose its members on the way. */
export type Publishing =
  | { readonly status: "published" | "unchanged" }
  | {
      readonly status: "refused";
      readonly code: ProblemCode;
      readonly region?: Region;
    };

interface Stored extends Record<string, SqlStorageValue> {
  tenant: number;
  revision: number;
  sha256: string;
  text: string;
}

const migrations: readonly Migration[] = [
  {
    // The first edges kept no version: their table is there already.
    up: `CREATE TABLE IF NOT EXISTS campaigns (
     id TEXT PRIMARY KEY,
     tenant INTEGER NOT NULL,
     revision INTEGER NOT NULL,
     sha256 TEXT NOT NULL,
     text TEXT NOT NULL
   )`,
    readableFrom: 1,
  },
  // An older edge serves no pictures, and leaves these alone.
  { up: imagesUp, down: imagesDown, again: imagesAgain, readableFrom: 1 },
];

export const campaignSchema: Schema = {
  name: "campaigns",
  migrations,
  runsFrom: migrations.length,
};

export class CampaignStore extends DurableObject<Bindings> {
  /** The publication under way of each campaign. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #nonces: StoredNonces;
  readonly #images: StoredImages;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#nonces = new StoredNonces(ctx.storage);
    this.#images = new StoredImages(ctx.storage.sql);
    migrate(ctx.storage, campaignSchema, env.SCHEMA_TARGET);
  }

  #stored(id: string): Stored | undefined {
    return [
      ...this.ctx.storage.sql.exec<Stored>(
        "SELECT tenant, revision, sha256, text FROM campaigns WHERE id = ?",
        id,
      ),
    ][0];
  }

  /** The signed campaign as it arrived, undefined where there is none, "unchanged" where the caller has this revision. */
  read(id: string, knownRevision: number | undefined): string | undefined {
    const stored = this.#stored(id);
    return stored !== undefined && stored.revision === knownRevision ? "unchanged" : stored?.text;
  }

  /** Of an operator's genuine signature: false where it was used before. `now` in Unix milliseconds, `created` in seconds. */
  acceptNonce(nonce: string, now: number, created: number, keyId: string): boolean {
    return this.#nonces.accept(nonce, now, created, keyId);
  }

  /** Of an operator's genuine request, whose bytes are what `name` says. */
  putImage(tenant: number, name: string, bytes: Bytes): "stored" | "unchanged" | "full" {
    return this.#images.put(tenant, name, bytes);
  }

  readImage(name: string): ArrayBuffer | undefined {
    return this.#images.read(name);
  }

  /** Those of `names` that the tenant has not put here. */
  missingImages(tenant: number, names: readonly string[]): string[] {
    return this.#images.missing(tenant, names);
  }

  /** Stores a verified campaign after every region's server has: one publication of a campaign at a time. */
  async publish(publication: Publication): Promise<Publishing> {
    const { id } = publication;
    const before = this.#turns.get(id) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.#publish(publication));
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  async #publish({ id, tenant, revision, regions, text }: Publication): Promise<Publishing> {
    const digest = base64url(await sha256(canonicalBytes(JSON.parse(text))));
    const stored = this.#stored(id);
    if (stored !== undefined) {
      const same = stored.tenant === tenant && stored.revision === revision;
      if (same && stored.sha256 === digest) return { status: "unchanged" };
      // A campaign of another tenant is never replaced, nor is it told to whom it belongs.
      if (stored.tenant !== tenant || revision <= stored.revision)
        return { status: "refused", code: "campaign-conflict" };
    }
    const settings = settingsOf(this.env);
    const answers = await Promise.all(
      regions.map(async (region) => ({
        region,
        code: await forwardCampaign(settings, region, id, text),
      })),
    );
    for (const { region, code } of answers)
      if (code !== undefined) return { status: "refused", code, region };
    this.ctx.storage.sql.exec(
      "INSERT OR REPLACE INTO campaigns VALUES (?, ?, ?, ?, ?)",
      id,
      tenant,
      revision,
      digest,
      text,
    );
    return { status: "published" };
  }
}
