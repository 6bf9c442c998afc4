// Compiled mails, one a campaign, on SQLite: what `GET /v1/render` fills.
import type { DatabaseSync } from "node:sqlite";
import { optionsOf } from "../sdk/options.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import {
  mailPlanLimits,
  type MailParts,
  type MailPlan,
  type MailSlot,
  type MailTemplate,
} from "../sdk/schema/mail-plan.ts";
import type { Definition } from "../sdk/schema/widget.ts";
import { choicesFor, type ChoiceRoots } from "./choice-roots.ts";
import { openSqlite, transaction } from "./sqlite.ts";

/** Plans kept parsed; the least recently used goes first. */
const parsedMax = 8;
/** Places that a refusal names. */
const errorsMax = 20;

const schema =
  "CREATE TABLE IF NOT EXISTS mail (campaign TEXT PRIMARY KEY, plan TEXT NOT NULL) WITHOUT ROWID;";

export interface PlansFrom {
  readonly region: Region;
  readonly choiceRoots: Pick<ChoiceRoots, "rootOf">;
}

export class MailPlans {
  readonly #database: DatabaseSync;
  readonly #from: PlansFrom;
  readonly #parsed = new Map<string, MailPlan>();

  /** Throws Problem `configuration-invalid` when the file cannot be opened. */
  constructor(path: string, from: PlansFrom) {
    this.#database = openSqlite(path, schema);
    this.#from = from;
  }

  /**
   * Replaces a campaign's mail. Problems: `malformed-request` naming what does not fit the campaign, `key-unknown` (this
   * region cannot make the codes), `region-unavailable` (disk).
   */
  put(id: string, plan: MailPlan, revisions: readonly Campaign[]): void {
    const campaign = revisions.find(({ revision }) => revision === plan.revision);
    if (plan.campaign !== id || campaign === undefined)
      throw refusal([
        plan.campaign === id
          ? "revision: is none that is published; compile the mail again"
          : "campaign: differs from the path",
      ]);
    const faults = faultsOf(plan, campaign.definition);
    if (plan.choices.length > 0 && choicesFor(campaign, this.#from.region) === undefined)
      faults.push("choices: the campaign has no choice root for this region; publish it with one");
    if (faults.length > 0) throw refusal(faults);
    if (plan.choices.length > 0) this.#from.choiceRoots.rootOf(campaign);
    transaction(this.#database, () => {
      this.#database
        .prepare("INSERT OR REPLACE INTO mail VALUES (?, ?)")
        .run(id, JSON.stringify(plan));
    });
    this.#parsed.delete(id);
  }

  /** Problem: `mail-unknown`. */
  of(id: string): MailPlan {
    const plan = this.#parsed.get(id) ?? this.#stored(id);
    this.#parsed.delete(id);
    this.#parsed.set(id, plan);
    const oldest = this.#parsed.keys().next().value;
    if (this.#parsed.size > parsedMax && oldest !== undefined) this.#parsed.delete(oldest);
    return plan;
  }

  close(): void {
    this.#database.close();
  }

  #stored(id: string): MailPlan {
    const row = this.#database.prepare("SELECT plan FROM mail WHERE campaign = ?").get(id);
    if (row === undefined) throw new Problem("mail-unknown");
    return JSON.parse(String(row["plan"])) as MailPlan; // Parsed and checked by `put`.
  }
}

const refusal = (errors: readonly string[]): Problem =>
  new Problem("malformed-request", { errors: errors.slice(0, errorsMax) });

/** Every slot, those within shuffled options among them. */
function slotsOf(template: MailTemplate): MailSlot[] {
  const slots: MailSlot[] = [];
  for (const piece of template) {
    if (typeof piece === "string") continue;
    if (piece.slot !== "shuffled") slots.push(piece);
    else for (const part of piece.items.flat()) if (typeof part !== "string") slots.push(part);
  }
  return slots;
}

function templateFaults(
  place: string,
  template: MailTemplate,
  carried: ReadonlySet<string>,
  plan: MailPlan,
): string[] {
  const faults: string[] = [];
  for (const slot of slotsOf(template))
    if (slot.slot === "code" && !carried.has(`${slot.question}.${slot.option}`))
      faults.push(`${place}: code ${slot.question}.${slot.option} is not among the choices`);
    else if (slot.slot === "field" && !plan.fields.includes(slot.name))
      faults.push(`${place}: field ${slot.name} is not among the fields`);
  let characters = 0;
  for (const piece of template) if (typeof piece === "string") characters += piece.length;
  if (characters > mailPlanLimits.partCharacters)
    faults.push(`${place}: has more than ${mailPlanLimits.partCharacters} characters`);
  return faults;
}

/** Where a plan does not fit the revision that it was compiled from. */
function faultsOf(plan: MailPlan, { questions }: Definition): string[] {
  const faults: string[] = [];
  const carried = new Set<string>();
  for (const [index, [question, option]] of plan.choices.entries()) {
    const asked = questions[question];
    if (asked === undefined || option >= optionsOf(asked).length)
      faults.push(`choices.${index}: the campaign has no such option`);
    carried.add(`${question}.${option}`);
  }
  const [fallback = ""] = plan.languages;
  if (!Object.hasOwn(plan.parts, fallback)) faults.push(`parts: lacks ${fallback}`);
  for (const [language, parts] of Object.entries(plan.parts))
    for (const [name, template] of Object.entries(parts) as [keyof MailParts, MailTemplate][])
      // strictObject's own keys.
      faults.push(...templateFaults(`parts.${language}.${name}`, template, carried, plan));
  return faults;
}
