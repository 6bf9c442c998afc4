import { normaliseEmail } from "../../../sdk/contact.ts";
import { answer } from "../asking.ts";
import { local } from "../page.ts";
import type { ControlOf } from "../question.tsx";
import type { KindsWords } from "../words/kinds/words.ts";
import { fill } from "../words/words.ts";
import { meant } from "./email-address.ts";
import { keepTyped, shownText } from "./typed.ts";

const read = (text: string): string | undefined =>
  text.trim() === "" ? undefined : normaliseEmail(text);

export function EmailField(props: ControlOf<"email"> & { words: KindsWords }) {
  const { page, question, id, value, describedBy, invalid, words } = props;
  const { placeholder } = question;
  const given = typeof value === "string" ? value : undefined;
  const instead = given && meant(given);
  return (
    <>
      <input
        type="email"
        inputMode="email"
        autocomplete="email"
        autocapitalize="off"
        spellcheck={false}
        dir="ltr"
        id={id}
        value={shownText(id, given, read, String)}
        placeholder={placeholder && local(page, placeholder)}
        required={question.required}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        onInput={({ currentTarget }) => {
          keepTyped(id, currentTarget.value);
          answer(id, read(currentTarget.value));
        }}
      />
      {instead && (
        // A question, never a fault: an address may well be as it is.
        <button type="button" class="quiet" onClick={() => answer(id, instead, instead)}>
          {fill(words.didYouMean, instead)}
        </button>
      )}
    </>
  );
}
