// The models of a run, asked in order until one answers, within a budget of calls and tokens.
import { setTimeout as sleep } from "node:timers/promises";
import { callModel, ModelFault, type ModelText, type Prompt, type Reached } from "./model-call.ts";
import { isModelUrl, type Model, type ModelConfig } from "./model-config.ts";

export type { Prompt } from "./model-call.ts";

/** Of a question, so that no reader's text makes it cost more than was meant. */
const promptCharactersMax = 40_000;
/** Of an answer, shown as it is. */
const answerCharactersMax = 6_000;
const waitMsFirst = 500;
/** Whoever asks for a longer pause is passed over. */
const waitMsMax = 10_000;

export interface ModelAnswer extends ModelText {
  readonly model: string;
}
/** Nobody answered: for each model, why. */
export interface ModelSilence {
  readonly silent: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

export class Models {
  readonly #models: readonly (readonly [Model, Reached])[];
  #callsLeft: number;
  #tokensLeft: number;

  /** Models whose variables the environment does not have are not asked. */
  constructor({ models, budget }: ModelConfig, environment: Environment) {
    this.#models = models.flatMap((model) => {
      const reached = reach(model, environment);
      return reached === undefined ? [] : [[model, reached] as const];
    });
    [this.#callsLeft, this.#tokensLeft] = [budget.calls, budget.tokens];
  }

  /** The names of those that would be asked. */
  get names(): readonly string[] {
    return this.#models.map(([{ name }]) => name);
  }

  async ask(prompt: Prompt): Promise<ModelAnswer | ModelSilence> {
    const silent: string[] = [];
    if (prompt.system.length + prompt.question.length > promptCharactersMax)
      return { silent: ["The question is too long for any model."] };
    for (const [model, reached] of this.#models) {
      const said = await this.#askOne(model, reached, prompt);
      if (typeof said !== "string")
        return { ...said, model: model.name, text: said.text.slice(0, answerCharactersMax) };
      silent.push(`${model.name}: ${said}`);
    }
    return { silent };
  }

  /** The answer, or why there is none. */
  async #askOne(model: Model, reached: Reached, prompt: Prompt): Promise<ModelText | string> {
    let why = "";
    for (let attempt = 0; attempt <= model.retries; attempt++) {
      if (this.#callsLeft < 1 || this.#tokensLeft < model.maxTokens) return "the budget is spent";
      this.#callsLeft--;
      try {
        const answer = await callModel(model, reached, prompt);
        this.#tokensLeft -= answer.tokens;
        return answer;
      } catch (error) {
        if (!(error instanceof ModelFault)) throw error;
        why = error.message;
        const waitMs = Math.max(error.retryAfterMs, waitMsFirst * 2 ** attempt);
        if (!error.again || waitMs > waitMsMax || attempt === model.retries) break;
        await sleep(waitMs);
      }
    }
    return why;
  }
}

function reach(model: Model, environment: Environment): Reached | undefined {
  const valueOf = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : environment[name] || undefined;
  const url = model.url ?? valueOf(model.urlVariable);
  const key = valueOf(model.keyVariable);
  if (url === undefined || !isModelUrl(url)) return undefined;
  // A named key is needed, but where the address itself was given: one's own server may ask for none.
  return key === undefined && model.url !== undefined ? undefined : { url, key };
}
