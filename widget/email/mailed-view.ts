// A mail's view cut to what the mail can lead a reader through.
import { end } from "../../sdk/branching.ts";
import { questionsBeforeTurn } from "../../sdk/mailed.ts";
import type { Definition } from "../../sdk/schema/widget.ts";
import type { MailView } from "./view.ts";

/** The definition up to the first rule that compares a calculated value, with the end where that leads beyond. */
function cut(definition: Definition): Definition {
  const asked = questionsBeforeTurn(definition);
  // Its own copies: the campaign stays as it was published.
  const questions = structuredClone(asked);
  const known = new Set(questions.map(({ id }) => id));
  for (const question of questions) {
    for (const rule of question.next ?? []) if (!known.has(rule.go)) rule.go = end;
    if (!("options" in question)) continue;
    for (const option of question.options)
      if (option.next !== undefined && !known.has(option.next)) option.next = end;
  }
  // The turn itself leads nowhere that a mail knows.
  if (asked.length < definition.questions.length) delete questions.at(-1)?.next;
  return { ...definition, questions };
}

/** The view with only those questions that come before an answer is needed that no mail counts. */
export function mailedView(view: MailView): MailView {
  const { campaign, questions } = view;
  const definition = cut(campaign.definition);
  return {
    ...view,
    campaign: { ...campaign, definition },
    questions: questions.flatMap((shown) => {
      const question = definition.questions[shown.index];
      return question === undefined ? [] : [{ ...shown, question }];
    }),
  };
}
