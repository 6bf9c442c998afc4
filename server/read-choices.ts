// An answer given inside a mail: codes that only this region can read (SPEC §3.8, §3.9).
import { hash } from "node:crypto";
import type { Bytes } from "../sdk/bytes.ts";
import { pathOf } from "../sdk/calculated.ts";
import { canonicalBytes } from "../sdk/canonical.ts";
import { checkAnswers } from "../sdk/check-all.ts";
import { choiceKey, openChoice } from "../sdk/node/choices.ts";
import { mailedQuestions } from "../sdk/mailed.ts";
import { answerOfOptions } from "../sdk/options.ts";
import { Problem } from "../sdk/problem.ts";
import type { Answers } from "../sdk/schema/answer.ts";
import type { ChoicesRecord } from "../sdk/schema/record.ts";
import type { Choices } from "../sdk/schema/submission.ts";
import type { Definition } from "../sdk/schema/widget.ts";
import { submissionRow } from "./read-answer.ts";
import { recheckConsent } from "./recheck.ts";
import { fittingRevision, type Admitted, type RecordReader } from "./record-reader.ts";
import type { SubmissionRow } from "./warehouse/rows.ts";

/**
 * Problems: `choice-invalid` (a code that this reader's mail did not carry for that question), `key-unknown` (the root is
 * gone), `answer-invalid`, and those of `recheckConsent`.
 */
export function choicesRow(
  record: ChoicesRecord,
  admitted: Admitted,
  { choiceRoots }: RecordReader,
): SubmissionRow {
  const { choices, consent } = record;
  const { reader, visit } = admitted.invitation.body;
  // No mail was made for a visitor.
  if (visit) throw new Problem("invitation-forged");
  // Revisions of one campaign share a root: the reader's key is made once.
  const readerKeys = new Map<Bytes, Bytes>();
  const keyOf = (root: Bytes): Bytes => {
    const key = readerKeys.get(root) ?? choiceKey(root, reader);
    readerKeys.set(root, key);
    return key;
  };
  const { campaign, answers } = fittingRevision(admitted.revisions, (revision) => {
    recheckConsent(revision, consent, Date.parse(record.admittedAt));
    const key = keyOf(choiceRoots.rootOf(revision));
    return {
      campaign: revision,
      answers: checkedAnswers(revision.definition, openChoices(revision.definition, choices, key)),
    };
  });
  return submissionRow(record, admitted, {
    campaign,
    answers,
    language: consent.language,
    envelopeSha256: hash("sha256", canonicalBytes(choices), "buffer"),
  });
}

/** Problem: `choice-invalid`. */
function openChoices(definition: Definition, choices: Choices, readerKey: Bytes): Answers {
  const answers: Answers = {};
  for (const [id, codes] of Object.entries(choices)) {
    const index = definition.questions.findIndex((question) => question.id === id);
    const question = definition.questions[index];
    const opened = codes.map((code) => openChoice(readerKey, code));
    // A code serves the question it was made for, whatever name it is sent under.
    if (question === undefined || opened.some((choice) => choice?.question !== index))
      throw new Problem("choice-invalid");
    const value = answerOfOptions(
      question,
      opened.flatMap((choice) => (choice === undefined ? [] : [choice.option])),
    );
    if (value === undefined) throw new Problem("choice-invalid");
    answers[id] = value;
  }
  return answers;
}

/**
 * The answers on the reader's way. A mail cannot take back what was chosen before the way turned, nor ask for what it
 * does not ask. Problem: `answer-invalid`.
 */
function checkedAnswers(definition: Definition, given: Answers): Answers {
  const path = pathOf(definition, given);
  const answers: Answers = {};
  for (const { id } of path) {
    const value = given[id];
    if (value !== undefined) answers[id] = value;
  }
  const asked = new Set(mailedQuestions(definition).map(({ id }) => id));
  for (const [id, fault] of checkAnswers(definition, answers))
    if (fault !== "missing" || asked.has(id)) throw new Problem("answer-invalid");
  return answers;
}
