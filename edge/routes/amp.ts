// What a mail client posts from inside a mail (SPEC §3.9).
import { z } from "zod";
import { AuthoredId, ChoiceCode, InvitationText, Language } from "../../sdk/schema/ids.ts";
import { Accepted, AmpSubmission, codesMax } from "../../sdk/schema/submission.ts";
import { widgetLimits } from "../../sdk/schema/widget.ts";
import { admitChoices } from "../admit-choices.ts";
import { preflightLeave } from "../amp-sender.ts";
import { malformedForm, type Fields } from "../read-fields.ts";
import { route } from "../route.ts";

const formBytesMax = 16_384;
/** What every answer is made up to, so that its length tells nothing. */
const answerBytes = 4_096;
const questionPrefix = "q.";

/** Problem: malformed-request, for a name that is none of the form's, and for two of what there is one of. */
function submissionOf(fields: Fields): unknown {
  const single = new Map<string, string>();
  const consent: string[] = [];
  const choices = new Map<string, string[]>();
  for (const [name, value] of fields) {
    if (name === "consent") consent.push(value);
    else if (name.startsWith(questionPrefix)) {
      const question = AuthoredId.safeParse(name.slice(questionPrefix.length));
      if (!question.success) throw malformedForm("names what is no question");
      const codes = choices.get(question.data) ?? [];
      if (codes.includes(value)) throw malformedForm("has a choice twice");
      choices.set(question.data, [...codes, value]);
    } else {
      if (name !== "invitation" && name !== "language")
        throw malformedForm("has a field that is not known");
      if (single.has(name)) throw malformedForm(`has ${name} twice`);
      single.set(name, value);
    }
  }
  if (new Set(consent).size < consent.length) throw malformedForm("names a purpose twice");
  return { ...Object.fromEntries(single), consent, choices: Object.fromEntries(choices) };
}

/** As it is sent: every field a text, once or several times. */
const AmpForm = z
  .object({
    invitation: InvitationText,
    consent: z.array(AuthoredId).optional().describe("Once a purpose agreed to."),
    language: Language.optional(),
  })
  .catchall(z.array(ChoiceCode).describe("`q.<question id>`, once a code chosen."))
  .describe("Fields of a form; a list is a field sent several times.");

export const postAmpAnswer = route({
  method: "POST",
  path: "/v1/amp/answers",
  summary: "Send sealed choices from inside a mail",
  description:
    "With `AMP-Email-Sender`, or `Origin` and `__amp_source_origin`, of one of the campaign's senders; a refusal too is padded, and has the CORS headers once the sender is known.",
  body: {
    schema: AmpSubmission,
    bytesMax: formBytesMax,
    memberProblems: { invitation: "invitation-malformed" },
    fields: {
      contentTypes: ["application/x-www-form-urlencoded"],
      fieldsMax: codesMax + widgetLimits.purposes + 2,
      gather: submissionOf,
      documented: AmpForm,
    },
  },
  limits: { invitation: ({ invitation }) => invitation },
  answerBytes,
  preflight: preflightLeave,
  answers: {
    202: {
      description:
        "Durable in the reader's region. The same as the reader's last gives the same receipt.",
      contentType: "application/json",
      schema: Accepted,
    },
  },
  problems: [
    "invitation-malformed",
    "campaign-unknown",
    "origin-unknown",
    "sender-unknown",
    "invitation-forged",
    "invitation-expired",
    "campaign-closed",
    "notice-stale",
    "purpose-unknown",
    "consent-missing",
    "gpc-opt-out",
    "region-mismatch",
    "consent-withdrawn",
    "rate-limited",
    "region-unavailable",
  ],
  handle: async (arrival) =>
    Response.json((await admitChoices(arrival)) satisfies Accepted, {
      status: 202,
      // A proxy that compressed it would give its length another meaning.
      headers: { "cache-control": "no-store, no-transform" },
    }),
});
