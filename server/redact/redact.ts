// What is taken out of readers' texts before they leave ingest: what says by its form and check digits what it is. Names and
// places have no form: they wait for a recogniser that knows some (presidio.ts).
import type { PiiKind } from "../../sdk/schema/opened.ts";
import { widgetLimits } from "../../sdk/schema/widget.ts";
import { addressesIn } from "./addresses.ts";
import { cardsIn } from "./cards.ts";
import { cryptoAddressesIn } from "./crypto-addresses.ts";
import { emailsIn } from "./emails.ts";
import type { Finding } from "./finding.ts";
import { ibansIn } from "./ibans.ts";
import { nationalIdsIn } from "./national-ids.ts";
import { phonesIn } from "./phones.ts";
import { plainTextOf } from "./plain.ts";
import { urlSecretsIn } from "./urls.ts";

/** A text in which what was recognised stands as `[kind]`; `redacted` names what that was, each kind once. */
export interface Redacted {
  readonly text: string;
  readonly redacted: readonly PiiKind[];
}

/** As the topic takes it: a mark may be longer than what it stands for. */
const charactersMax = widgetLimits.textCharacters * 2;
/** What is left beside a mark may be recognised only then. */
const passesMax = 8;
/** Without any of these nothing can be recognised. */
const worthReading = /[\p{Nd}@:\uff20]|\b(?:at|ät)\b|eyJ/iu;

/** Where two overlap, the one of an earlier recogniser stands. */
function* findingsIn(text: string, language: string): Generator<Finding> {
  yield* urlSecretsIn(text);
  yield* cryptoAddressesIn(text);
  yield* emailsIn(text);
  yield* ibansIn(text);
  yield* cardsIn(text);
  yield* nationalIdsIn(text);
  yield* addressesIn(text);
  yield* phonesIn(text, language);
}

/** In the order of the text, none over another. */
export function separate(findings: Iterable<Finding>): Finding[] {
  const kept: Finding[] = [];
  for (const finding of findings)
    if (kept.every(({ start, end }) => finding.end <= start || end <= finding.start))
      kept.push(finding);
  return kept.toSorted((left, right) => left.start - right.start);
}

/** Puts marks in the place of what was found. */
export function cut(text: string, findings: readonly Finding[]): string {
  let rest = "";
  let from = 0;
  for (const { start, end, kind } of findings) {
    rest += `${text.slice(from, start)}[${kind}]`;
    from = end;
  }
  return rest + text.slice(from);
}

function bounded(text: string): string {
  if (text.length <= charactersMax) return text;
  const cutIn = text.slice(0, charactersMax);
  return cutIn.isWellFormed() ? cutIn : cutIn.slice(0, -1);
}

/** Recognises what is in a text of a reader who writes `language`. Redacting what is redacted changes nothing. */
export function redact(original: string, language: string): Redacted {
  let text = original.toWellFormed();
  const redacted = new Set<PiiKind>();
  for (let pass = 0; pass < passesMax && worthReading.test(text); pass++) {
    const plain = plainTextOf(text);
    const findings = separate(findingsIn(plain.text, language)).map(({ start, end, kind }) => ({
      start: plain.originOf(start),
      end: plain.originOf(end),
      kind,
    }));
    if (findings.length === 0) break;
    for (const { kind } of findings) redacted.add(kind);
    text = cut(text, findings);
  }
  return { text: bounded(text), redacted: [...redacted] };
}
