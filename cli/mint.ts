// What is made for each reader: an invitation, its link, the sealed choices, and the mail with all of them in place.
import { createSecretKey, type KeyObject } from "node:crypto";
import type { Bytes } from "../sdk/bytes.ts";
import { fillPlan, type FilledParts } from "../sdk/mail-plan.ts";
import {
  choiceBlocks,
  choiceKey,
  sealBlocks,
  shuffleOrder,
  unpackCodes,
} from "../sdk/node/choices.ts";
import { inviterOf, pseudonymsOf } from "../sdk/node/invitations.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { ChoiceRoots, TenantSecrets } from "../sdk/schema/deployment.ts";
import type { MailPlan } from "../sdk/schema/mail-plan.ts";
import { bytesOf } from "./key-bytes.ts";
import { readersOf, type Reader, type RowFault } from "./readers.ts";

export interface Minting {
  readonly campaign: Pick<Campaign, "id" | "regions" | "notice" | "closesAt"> &
    Partial<Pick<Campaign, "revision" | "mail">>;
  readonly secrets: TenantSecrets;
  readonly edge: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly test: boolean;
  /** The campaign's compiled mail; without it nothing but invitations and links is made. */
  readonly plan?: MailPlan | undefined;
  /** What the plan's sealed choices are made of. */
  readonly roots?: ChoiceRoots | undefined;
}

/** A minting with its keys parsed and everything prepared that is the same for all readers. */
export interface MintPlan {
  readonly minting: Minting;
  readonly pseudonymOf: (readerId: string) => Bytes;
  readonly invite: ReturnType<typeof inviterOf>;
  readonly campaign: Bytes;
  /** The plan's choices as the blocks that are encrypted for each reader. */
  readonly blocks: Bytes;
  readonly roots: ReadonlyMap<Region, KeyObject>;
}

export interface Minted {
  readonly id: string;
  readonly region: Region;
  readonly campaign: string;
  /** 16 bytes. */
  readonly pseudonym: Bytes;
  readonly invitation: string;
  readonly link: string;
  /** The sealed choices in the order of the plan's `choices`, 22 characters each; empty without a plan. */
  readonly codes: string;
}

const refuse = (detail: string): never => {
  throw new Problem("configuration-invalid", { detail });
};

/** A plan names options by their index: of another campaign, or another revision of it, they would be other answers. */
function checkPlan({ campaign, edge }: Minting, plan: MailPlan): void {
  if (plan.campaign !== campaign.id)
    refuse(`The plan is of the campaign ${plan.campaign}, not of ${campaign.id}.`);
  if (campaign.revision !== undefined && plan.revision !== campaign.revision)
    refuse(
      `The plan is of revision ${plan.revision}, and revision ${campaign.revision} is published: run \`maily compile\` again.`,
    );
  if (new URL(plan.edge).origin !== new URL(edge).origin)
    refuse(`The plan's links lead to ${plan.edge}, not to ${edge}.`);
}

/** Who tries a mail out withdraws, erases or unsubscribes somebody else: no reader's id has a line break. */
const testReader = (id: string): string => `test send\n${id}`;

/**
 * Prepares a minting. Problem: configuration-invalid where a key is none, the plan is another campaign's, or the roots of
 * a region's sealed choices are not there.
 */
export function mintPlanOf(minting: Minting): MintPlan {
  const { campaign, secrets, plan, roots } = minting;
  if (plan !== undefined) checkPlan(minting, plan);
  const choices = plan?.choices ?? [];
  const keys = new Map(
    roots?.roots.map(({ region, choiceRoot }) => [region, createSecretKey(bytesOf(choiceRoot))]),
  );
  const rootless = campaign.regions.find((region) => !keys.has(region));
  if (choices.length > 0 && rootless !== undefined)
    refuse(`The root of this campaign's sealed choices in ${rootless} is not there.`);
  const campaignBytes = bytesOf(campaign.id);
  const named = pseudonymsOf(bytesOf(secrets.readerKey), campaignBytes);
  return {
    minting,
    pseudonymOf: (id) => named(minting.test ? testReader(id) : id),
    invite: inviterOf(bytesOf(secrets.invitationKey.seed)),
    campaign: campaignBytes,
    blocks: choiceBlocks(
      choices.map(([question, option]) => ({ question, option, channel: "amp" })),
    ),
    roots: keys,
  };
}

const readerKeyOf = (plan: MintPlan, region: Region, pseudonym: Bytes): Bytes | undefined => {
  const root = plan.roots.get(region);
  return root && choiceKey(root, pseudonym);
};

/**
 * One reader's invitation, link and codes: the same whenever they are made. Problem: region-mismatch where the campaign
 * does not run in the reader's region.
 */
export function mintedOf(
  plan: MintPlan,
  reader: { readonly id: string; readonly region: Region; readonly pseudonym?: Bytes },
): Minted {
  const { campaign, secrets, edge, expiresAt, test } = plan.minting;
  const { id, region, pseudonym = plan.pseudonymOf(id) } = reader;
  if (!campaign.regions.includes(region))
    throw new Problem("region-mismatch", {
      detail: `The campaign runs in ${campaign.regions.join(", ")}, not in ${region}.`,
    });
  const invitation = plan.invite({
    keyId: secrets.invitationKey.keyId,
    region,
    test,
    visit: false,
    tenant: secrets.tenant,
    campaign: plan.campaign,
    reader: pseudonym,
    notice: campaign.notice.version,
    expiresAt,
  });
  const readerKey = plan.blocks.length > 0 ? readerKeyOf(plan, region, pseudonym) : undefined;
  return {
    id,
    region,
    campaign: campaign.id,
    pseudonym,
    invitation,
    link: `${edge}/a/${campaign.id}#${invitation}`,
    codes: readerKey === undefined ? "" : sealBlocks(readerKey, plan.blocks),
  };
}

/** One reader's mail, in their language. The minting must have a plan. */
export function filledOf(
  plan: MintPlan,
  minted: Minted,
  { language = "", fields }: Pick<Reader, "language" | "fields">,
): FilledParts {
  const { plan: mail } = plan.minting;
  if (mail === undefined) throw new TypeError("a minting without a plan has no mail");
  const { invitation, codes } = minted;
  let readerKey: Bytes | undefined;
  const orderOf = (question: number, count: number): readonly number[] => {
    readerKey ??= readerKeyOf(plan, minted.region, minted.pseudonym);
    // Without a root nothing is to be hidden: the author's order.
    return readerKey === undefined
      ? Array.from({ length: count }, (_, option) => option)
      : shuffleOrder(readerKey, question, count);
  };
  const values = { invitation, codes: unpackCodes(codes), packed: codes, fields, orderOf };
  return fillPlan(mail, language, values);
}

/** The invitation and link of one reader. Throws Problem region-mismatch where the campaign does not run in the reader's region. */
export const mint = (
  minting: Minting,
  reader: { readonly id: string; readonly region: Region },
): Promise<Minted> => Promise.resolve().then(() => mintedOf(mintPlanOf(minting), reader));

export type MintedReader = Reader & Minted;

/**
 * Mints for every row of a readers file, in its order; a row that cannot be is yielded as a fault, the rest goes on. Rows
 * up to the line `after` are read, so that an id among them does not come twice, and not minted again.
 */
export async function* mintAll(
  minting: Minting,
  csv: AsyncIterable<Uint8Array>,
  {
    after = 0,
    needsAddress = false,
  }: { readonly after?: number; readonly needsAddress?: boolean } = {},
): AsyncGenerator<MintedReader | RowFault> {
  const plan = mintPlanOf(minting);
  const rules = {
    regions: minting.campaign.regions,
    pseudonymOf: plan.pseudonymOf,
    needsAddress,
    fields: minting.plan?.fields ?? [],
  };
  for await (const reader of readersOf(csv, rules)) {
    if (reader.row <= after) continue;
    yield "message" in reader ? reader : { ...reader, ...mintedOf(plan, reader) };
  }
}
