// Invitations for a list of readers, a row in, a row out.
import type { Readable } from "node:stream";
import { parse } from "csv-parse";
import { fromBase64url, type Bytes } from "../sdk/bytes.ts";
import { mintInvitation, readerPseudonym } from "../sdk/invitation.ts";
import { Problem } from "../sdk/problem.ts";
import { isRegion, type Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { TenantSecrets } from "../sdk/schema/deployment.ts";

/** The longest line of a readers file. */
const recordCharactersMax = 16_384;

export interface Reader {
  /** The tenant's own id of the reader, such as a mail address or a customer number; it never leaves the renderer. */
  readonly id: string;
  readonly region: Region;
}

export interface Minted extends Reader {
  readonly campaign: string;
  readonly invitation: string;
  readonly link: string;
}

export interface Minting {
  readonly campaign: Pick<Campaign, "id" | "regions" | "notice" | "closesAt">;
  readonly secrets: TenantSecrets;
  readonly edge: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly test: boolean;
}

const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (bytes === undefined)
    throw new Problem("configuration-invalid", { detail: "A key is not base64url." });
  return bytes;
};

/** The invitation and link of one reader. Throws Problem region-mismatch where the campaign does not run in the reader's region. */
export async function mint(minting: Minting, reader: Reader): Promise<Minted> {
  const { campaign, secrets } = minting;
  if (!campaign.regions.includes(reader.region))
    throw new Problem("region-mismatch", {
      detail: `The campaign runs in ${campaign.regions.join(", ")}, not in ${reader.region}.`,
    });
  const campaignBytes = bytesOf(campaign.id);
  const invitation = await mintInvitation(
    {
      keyId: secrets.invitationKey.keyId,
      region: reader.region,
      test: minting.test,
      visit: false,
      tenant: secrets.tenant,
      campaign: campaignBytes,
      reader: await readerPseudonym(bytesOf(secrets.readerKey), campaignBytes, reader.id),
      notice: campaign.notice.version,
      expiresAt: minting.expiresAt,
    },
    bytesOf(secrets.invitationKey.seed),
  );
  return {
    ...reader,
    campaign: campaign.id,
    invitation,
    link: `${minting.edge}/a/${campaign.id}#${invitation}`,
  };
}

export interface RowFault {
  readonly row: number;
  readonly message: string;
}

/** Mints for every row of a CSV with the columns `id` and `region`; a row that cannot be is yielded as a fault, the rest goes on. */
export async function* mintAll(minting: Minting, csv: Readable): AsyncGenerator<Minted | RowFault> {
  const rows = csv.pipe(
    parse({
      columns: true,
      skip_empty_lines: true,
      trim: true,
      bom: true,
      relax_column_count: true,
      max_record_size: recordCharactersMax,
    }),
  );
  let row = 1;
  const seen = new Set<string>();
  for await (const record of rows) {
    row += 1;
    const { id = "", region = "" } = record as Record<string, string | undefined>; // csv-parse with `columns` yields text by header.
    if (id === "") yield { row, message: "the column `id` is empty; give each reader an id" };
    else if (seen.has(id.toLowerCase()))
      yield { row, message: "this id came before; each reader is invited once" };
    else if (!isRegion(region))
      yield { row, message: `the region "${region}" is not eu, us or apac; there is no default` };
    else {
      seen.add(id.toLowerCase());
      yield await mint(minting, { id, region }).catch((error: unknown) => {
        if (error instanceof Problem) return { row, message: error.toJSON().detail };
        throw error;
      });
    }
  }
}
