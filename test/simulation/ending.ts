// What a run leaves behind, and how to find a reader's step in it.
import type { Submission } from "../../sdk/schema/submission.ts";
import type { Acknowledged, Told } from "./ledger.ts";
import type { ReaderStep, SealedStep } from "./plan.ts";
import { readerKeyOf, type WarehouseTables } from "./warehouse-tables.ts";
import { submissionIdOf, type World, type WorldRegion } from "./world.ts";

export interface Ending {
  readonly world: World;
  readonly told: readonly Told[];
  readonly sealed: ReadonlyMap<ReaderStep, Submission>;
  readonly tables: Readonly<Record<WorldRegion, WarehouseTables>>;
  /** Unix milliseconds of virtual ones. */
  readonly unixOf: (virtual: number) => number;
  /** Whether no process had another time than the others. */
  readonly clocksAgree: boolean;
  /** Whether a reader's outbox object was the same from first to last. */
  readonly shardsStay: boolean;
}

export type Sealed = Acknowledged & { readonly step: SealedStep };

export const isSealed = (told: Told): told is Told & { readonly step: SealedStep } =>
  told.step.kind === "answer" || told.step.kind === "preferences";

export const takesBack = ({ step }: Told): boolean =>
  step.kind === "withdrawal" || (step.kind === "request" && step.request === "erase");

export const keyOf = (world: World, step: ReaderStep): string =>
  readerKeyOf({
    tenant: world.campaign.tenant,
    campaign: world.campaign.id,
    reader: step.reader.pseudonym,
  });

export const rowKey = (world: World, step: SealedStep): string =>
  `${keyOf(world, step)}|${submissionIdOf(step)}`;

/** The row that a sealed step became, in its own region. */
export function rowOf({ world, tables }: Ending, step: SealedStep) {
  const { submissions, preferences } = tables[step.reader.region];
  const table = step.kind === "answer" ? submissions : preferences;
  return table.get(rowKey(world, step));
}
