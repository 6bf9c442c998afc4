// What the site hears of a visit: steps and that there are answers, never an answer, nor what one could be worked out from.
import { fromBase64url, base64url } from "../../../sdk/bytes.ts";
import { sha256 } from "../../../sdk/canonical.ts";
import type { Answers } from "../../../sdk/schema/answer.ts";
import type { Definition } from "../../../sdk/schema/widget.ts";
import type { MailyEvents } from "../../embed/protocol.ts";
import type { Met, Say } from "../framed.ts";
import { more } from "../more.ts";
import { change, local, type Open, type Page } from "../page.ts";
import { faultOf, pathOf } from "../path.ts";
import { tokensOf, wearAlso } from "./look.ts";

/** Whether the way depends on answers: then a question's id would tell one. */
export const branches = ({ questions }: Definition): boolean =>
  questions.some(
    (question) =>
      question.next !== undefined ||
      ("options" in question && question.options.some(({ next }) => next !== undefined)),
  );

/** An object, or one as JSON text; empty for anything else. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  let record = value;
  try {
    if (typeof value === "string") record = JSON.parse(value);
  } catch {
    return {};
  }
  return typeof record === "object" && record !== null && !Array.isArray(record)
    ? (record as Readonly<Record<string, unknown>>) // Any object's shape.
    : {};
}

const isText = (value: unknown): value is string => typeof value === "string";

/** Of what a site would have chosen already, what its question takes. */
export function prefilled(definition: Definition, prefill: unknown): Answers {
  const given = recordOf(prefill);
  const answers: Answers = {};
  for (const question of definition.questions) {
    // Consent is the reader's own act.
    if (question.kind === "consent" || !Object.hasOwn(given, question.id)) continue;
    const value = given[question.id];
    if (
      (isText(value) ||
        typeof value === "number" ||
        (Array.isArray(value) && value.every(isText))) &&
      faultOf(question, { [question.id]: value }) === undefined
    )
      answers[question.id] = value;
  }
  return answers;
}

/** The id that a receipt has everywhere (SPEC §3.6). */
async function receiptIdOf(jws: string): Promise<string> {
  const payload = fromBase64url(jws.split(".")[1] ?? "");
  return payload === undefined ? "" : base64url(await sha256(payload));
}

type Place = MailyEvents["question"];

const placeOf = ({ visit, answers }: Open, id: string): Place => {
  const { definition } = visit.manifest;
  const number = pathOf(definition, answers).findIndex((each) => each.id === id) + 1;
  return { number, ...(!branches(definition) && { id }) };
};

/** Seen is half of it, or as much of a long page as is worth the name: a frame is not told how high the screen is. */
const viewShare = 0.5;
const viewPixels = 300;
const viewSteps = 20;

/** The page has come into the reader's sight. */
function reportView(say: Say): void {
  const root = document.getElementById("page");
  if (root === null) return;
  const seen = new IntersectionObserver(
    (entries) => {
      const isSeen = entries.some(
        ({ intersectionRatio, intersectionRect }) =>
          intersectionRatio >= viewShare || intersectionRect.height >= viewPixels,
      );
      if (!isSeen) return;
      seen.disconnect();
      say({ type: "view", detail: undefined });
    },
    { threshold: Array.from({ length: viewSteps }, (_, step) => (step + 1) / viewSteps) },
  );
  seen.observe(root);
}

/** A drawing function that also sets up what the site has said, at first, and then reports. */
export function reporting(draw: (page: Page) => void, met: Met | undefined, say: Say) {
  const { settings, tokens } = met ?? {};
  const answered = new Set<string>();
  let at = "";
  const begin = (page: Open): void => {
    const { definition } = page.visit.manifest;
    say({ type: "ready", detail: { title: local(page, definition.title) } });
    reportView(say);
    const answers = prefilled(definition, settings?.prefill);
    for (const id of Object.keys(answers)) answered.add(id);
    if (Object.keys(answers).length > 0) change({ answers: { ...answers, ...page.answers } });
    const fields = Object.entries(recordOf(settings?.fields));
    // Where a definition has hidden fields, what sets them is here.
    more?.setHidden(Object.fromEntries(fields.map(([id, value]) => [id, String(value)])));
  };
  const report = (page: Open): void => {
    const { step } = page;
    const place = step.at === "question" ? `question ${step.id}` : step.at;
    if (place !== at) {
      if (at !== "") say({ type: "moved" });
      at = place;
      if (step.at === "question") say({ type: "question", detail: placeOf(page, step.id) });
      if (step.at === "refused") say({ type: "refuse", detail: { code: step.reason } });
      if (step.at === "thanked")
        void receiptIdOf(step.receipt).then((receiptId) =>
          say({ type: "submit", detail: { receiptId } }),
        );
    }
    for (const { id } of page.visit.manifest.definition.questions)
      if (id in page.answers && !answered.has(id)) {
        // Once a question: how often somebody types would say how much.
        answered.add(id);
        say({ type: "answer", detail: placeOf(page, id) });
      }
  };
  let isBegun = false;
  return (page: Page): void => {
    draw(page);
    if (!isBegun) {
      isBegun = true;
      const theme =
        page.at === "open" ? page.visit.manifest.definition.theme : page.manifest?.definition.theme;
      if (theme !== undefined) wearAlso(theme, tokensOf(recordOf(tokens)));
      if (page.at === "open") begin(page);
      else say({ type: "refuse", detail: { code: page.reason } });
    }
    if (page.at === "open") report(page);
  };
}
