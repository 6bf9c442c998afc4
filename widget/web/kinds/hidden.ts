// Fields that a link or an embedding site brings: sent with the answers, never asked (SPEC §3.4).
import type { Answers } from "../../../sdk/schema/answer.ts";
import type { Definition } from "../../../sdk/schema/widget.ts";
import { change, current } from "../page.ts";

/** As many as a hidden field has where its definition says nothing. */
const charactersMax = 200;

/** Those of `given` that the definition lists, without blanks around them, cut to their length. */
export function hiddenAnswers(
  { hidden = [] }: Pick<Definition, "hidden">,
  given: Readonly<Record<string, string>>,
): Answers {
  const answers: Answers = {};
  for (const { id, charactersMax: most = charactersMax } of hidden) {
    const text = Object.hasOwn(given, id)
      ? (given[id] ?? "").replace(/\p{Surrogate}/gu, "�").trim()
      : "";
    // By characters, so that none is cut in half.
    if (text !== "") answers[id] = Array.from(text).slice(0, most).join("").trim();
  }
  return answers;
}

/**
 * The same, from an address' query; a name that comes twice has its last value. They stay in the state of this history
 * entry, as the invitation does, for a reload.
 */
export function hiddenIn(definition: Definition, search = ""): Answers {
  const answers = hiddenAnswers(definition, Object.fromEntries(new URLSearchParams(search)));
  // Every value is a text.
  const kept = new URLSearchParams(answers as Record<string, string>);
  history.replaceState({ ...history.state, search: `${kept}` }, "");
  return answers;
}

/** Takes hidden fields from what embeds the page, in the place of those it has; what the definition does not list is let go. */
export function setHidden(values: Readonly<Record<string, string>>): void {
  const page = current();
  if (page === undefined) return;
  const { definition } = page.visit.manifest;
  change({ answers: { ...page.answers, ...hiddenAnswers(definition, values) } });
}
