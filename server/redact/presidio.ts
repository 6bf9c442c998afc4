// A recogniser that knows names, over the REST interface of Presidio's analyzer. While it is away nothing waits for it: a text
// that it has not seen is not cleared, and is looked at later (opened/clearing.ts).
import { z } from "zod";
import type { PiiKind } from "../../sdk/schema/opened.ts";
import { log } from "../log.ts";
import type { Finding } from "./finding.ts";
import { textAtMost } from "../response-text.ts";

export const presidioLimits = {
  textsPerRequest: 100,
  requestMs: 2_000,
  answerBytes: 4_000_000,
  /** Failures in a row after which it is left alone for `restMs`. */
  failures: 3,
  restMs: 30_000,
  /** How sure it must be. */
  score: 0.5,
  languages: 64,
} as const;

/** What of its findings is cut, and as what. Dates, organisations and addresses of the web say who somebody is too seldom. */
const kinds: Readonly<Record<string, PiiKind>> = {
  PERSON: "name",
  LOCATION: "place",
  GPE: "place",
  ADDRESS: "place",
  STREET_ADDRESS: "place",
  NRP: "other",
  AGE: "other",
  ID: "other",
  TITLE: "name",
  EMAIL_ADDRESS: "email",
  PHONE_NUMBER: "phone",
  CREDIT_CARD: "card",
  IBAN_CODE: "iban",
  IP_ADDRESS: "ip-address",
  CRYPTO: "crypto-address",
  US_SSN: "national-id",
  US_ITIN: "national-id",
  US_PASSPORT: "national-id",
  US_DRIVER_LICENSE: "national-id",
  US_BANK_NUMBER: "other",
  UK_NHS: "national-id",
  UK_NINO: "national-id",
  MEDICAL_LICENSE: "other",
};

const Entities = z.array(z.string().max(100)).max(1_000);
const Analysis = z.array(
  z
    .array(
      z.object({
        entity_type: z.string().max(100),
        start: z.int().min(0),
        end: z.int().min(0),
        score: z.number(),
      }),
    )
    .max(10_000),
);

/** Python counts code points where JavaScript counts UTF-16 units. */
function placesOf(text: string): number[] {
  const places: number[] = [];
  let place = 0;
  for (const character of text) {
    places.push(place);
    place += character.length;
  }
  return [...places, place];
}

function findingsOf(text: string, analysis: z.infer<typeof Analysis>[number]): Finding[] {
  const places = placesOf(text);
  return analysis.flatMap(({ entity_type: type, start: from, end: to, score }) => {
    const [kind, start, end] = [kinds[type], places[from], places[to]];
    const taken = kind !== undefined && start !== undefined && end !== undefined && start < end;
    return taken && score >= presidioLimits.score ? [{ start, end, kind }] : [];
  });
}

/** Its answer as JSON. Throws for everything but a 200 of bounded size in time. */
async function asked(url: URL, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, {
    ...init,
    redirect: "error",
    signal: AbortSignal.timeout(presidioLimits.requestMs),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const text = await textAtMost(response, presidioLimits.answerBytes);
  if (text === undefined) throw new Error("too long");
  return JSON.parse(text) as unknown;
}

export class Presidio {
  readonly #base: string;
  /** By language: the kinds of entities it finds there; empty where it knows no names. */
  readonly #entities = new Map<string, readonly string[]>();
  #failures = 0;
  #restsUntil = 0;

  /** `url` is the analyzer's, such as http://127.0.0.1:3000. */
  constructor(url: string) {
    this.#base = url.endsWith("/") ? url : `${url}/`;
  }

  /** Whether it would be asked now. */
  get awake(): boolean {
    return performance.now() >= this.#restsUntil;
  }

  /**
   * What it finds in each of at most 100 texts of one language; undefined where it is away, rests, or knows no names of that
   * language.
   */
  async find(texts: readonly string[], language: string): Promise<Finding[][] | undefined> {
    if (!this.awake) return undefined;
    const spoken = language.split("-")[0] ?? language;
    try {
      const entities = await this.#entitiesOf(spoken);
      if (entities.length === 0) return undefined;
      const analysis = Analysis.length(texts.length).parse(
        await asked(new URL("analyze", this.#base), {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            text: texts,
            language: spoken,
            entities,
            score_threshold: presidioLimits.score,
          }),
        }),
      );
      this.#failures = 0;
      return texts.map((text, index) => findingsOf(text, analysis[index] ?? []));
    } catch {
      this.#fail();
      return undefined;
    }
  }

  /** Asked once a language. One that it does not know it refuses with 500: that is no failure of its own. */
  async #entitiesOf(language: string): Promise<readonly string[]> {
    const known = this.#entities.get(language);
    if (known !== undefined) return known;
    const url = new URL(`supportedentities?language=${encodeURIComponent(language)}`, this.#base);
    const all = await asked(url, {}).catch((error: unknown) => {
      if (error instanceof Error && error.message === "status 500") return [];
      throw error;
    });
    const entities = Entities.parse(all).filter((entity) => entity in kinds);
    const able = entities.includes("PERSON") ? entities : [];
    if (this.#entities.size < presidioLimits.languages) this.#entities.set(language, able);
    return able;
  }

  /** Neither the error nor its message is logged: it may quote a text. */
  #fail(): void {
    this.#failures++;
    if (this.#failures < presidioLimits.failures) return;
    this.#failures = 0;
    this.#restsUntil = performance.now() + presidioLimits.restMs;
    log("presidio-rests", { seconds: presidioLimits.restMs / 1000 });
  }
}
