// A campaign's own words, in its first language and on one line each.
import { inLanguage } from "../../sdk/local-text.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { LocalText } from "../../sdk/schema/widget.ts";

export class Words {
  readonly #campaign: Campaign;
  readonly #language: string;

  constructor(campaign: Campaign) {
    this.#campaign = campaign;
    this.#language = campaign.definition.languages[0] ?? "en";
  }

  text(text: LocalText): string {
    return inLanguage(text, this.#language, this.#language).replaceAll(/\s+/g, " ").trim();
  }

  title(): string {
    return this.text(this.#campaign.definition.title);
  }

  purpose(id: string): string {
    const purpose = this.#campaign.notice.purposes.find((candidate) => candidate.id === id);
    return purpose === undefined ? id : this.text(purpose.text);
  }

  question(id: string): string {
    const question = this.#campaign.definition.questions.find((candidate) => candidate.id === id);
    return question === undefined ? id : this.text(question.text);
  }

  option(questionId: string, id: string): string {
    const question = this.#campaign.definition.questions.find(
      (candidate) => candidate.id === questionId,
    );
    const named = (things: readonly { id: string; text: LocalText }[], name: string): string => {
      const found = things.find((thing) => thing.id === name);
      return found === undefined ? name : this.text(found.text);
    };
    if (question !== undefined && "options" in question) return named(question.options, id);
    if (question?.kind !== "matrix") return id;
    const [row = "", column = ""] = id.split(":");
    return `${named(question.rows, row)}: ${named(question.columns, column)}`;
  }

  outcome(id: string): string {
    const outcome = this.#campaign.definition.outcomes.find((candidate) => candidate.id === id);
    return outcome === undefined ? id : this.text(outcome.title);
  }
}

export const whole = (count: number): string => count.toLocaleString("en");
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
