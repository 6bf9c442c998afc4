// Why policy allowed or refused: the region's log of decisions, read as the tenant may, and put into words.
import { z } from "zod";
import { LoggedDecision } from "../../sdk/schema/agents.ts";
import { ask, type Tenant } from "./segments.ts";

const pagesMax = 50;
const keptMax = 2_000;

const Page = z.object({ decisions: z.array(LoggedDecision), next: z.string().optional() });

export class Decisions {
  readonly #tenant: Tenant;
  /** By id, the oldest first. */
  readonly #known = new Map<string, LoggedDecision>();
  #after: string | undefined;
  #reading: Promise<void> | undefined;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  /** The decision of that id, once the server has it in its log. */
  async find(id: string): Promise<LoggedDecision | undefined> {
    if (!this.#known.has(id)) {
      // One that is under way may have begun before this decision.
      await this.#reading;
      await (this.#reading ??= this.#readOn().finally(() => (this.#reading = undefined)));
    }
    return this.#known.get(id);
  }

  async #readOn(): Promise<void> {
    for (let page = 0; page < pagesMax; page++) {
      const after = this.#after === undefined ? "" : `?after=${this.#after}`;
      const response = await ask(this.#tenant, `/v1/decisions${after}`);
      if (!response.ok) throw new Error(`decisions answered ${response.status}`);
      const { decisions, next } = Page.parse(await response.json());
      for (const decision of decisions) this.#known.set(decision.decision, decision);
      this.#after = decisions.at(-1)?.decision ?? this.#after;
      for (const oldest of this.#known.keys()) {
        if (this.#known.size <= keptMax) break;
        this.#known.delete(oldest);
      }
      if (next === undefined) return;
    }
  }
}

/** A reason's word for machines, and its sentence. */
export function reasonParts(reason: string): { readonly word: string; readonly sentence: string } {
  const [, word = "", sentence = reason] = /^([a-z0-9-]+): ?(.*)$/s.exec(reason) ?? [];
  return { word, sentence };
}
