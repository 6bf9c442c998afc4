import { diallingOf } from "../../../sdk/calling-codes.ts";
import { isPhone, normalisePhone } from "../../../sdk/contact.ts";
import { answer } from "../asking.ts";
import { local } from "../page.ts";
import type { ControlOf } from "../question.tsx";
import type { KindsWords } from "../words/kinds/words.ts";
import { countriesIn, likelyCountry } from "./countries.ts";
import { keepTyped, shownText, typedIn } from "./typed.ts";

const read = (text: string, country: string): string | undefined =>
  text.trim() === "" ? undefined : normalisePhone(text, diallingOf(country));

/** The country whose code is put before, and the number as it is dialled there; `+49 …` needs no country. */
export function PhoneField(props: ControlOf<"phone"> & { words: KindsWords }) {
  const { page, question, id, value, describedBy, invalid, words } = props;
  const { language } = page.speech;
  const { placeholder } = question;
  const countryField = `${id}-country`;
  const country = typedIn(countryField) ?? question.country ?? likelyCountry(language) ?? "";
  const given = typeof value === "string" ? value : undefined;
  const shown = shownText(id, given, (text) => read(text, country), String);
  // What is sent, where it looks other than what was typed.
  const whole = given !== undefined && given !== shown && isPhone(given) ? given : undefined;
  return (
    <div class="phone" role="group" aria-labelledby={`${id}-question`}>
      <select
        id={countryField}
        autocomplete="tel-country-code"
        aria-label={words.callingCode}
        value={country}
        onChange={({ currentTarget }) => {
          keepTyped(countryField, currentTarget.value);
          answer(id, read(shown, currentTarget.value));
        }}
      >
        {countriesIn(language).map(({ code, name }) => {
          const dialling = diallingOf(code);
          return (
            dialling && (
              <option key={code} value={code}>
                {`${name} (+${dialling.code})`}
              </option>
            )
          );
        })}
      </select>
      <input
        type="tel"
        inputMode="tel"
        autocomplete="tel"
        dir="ltr"
        id={id}
        value={shown}
        placeholder={placeholder && local(page, placeholder)}
        required={question.required}
        aria-labelledby={`${id}-question`}
        aria-describedby={[describedBy, `${id}-whole`].filter(Boolean).join(" ")}
        aria-invalid={invalid}
        data-wrong={invalid || undefined}
        onInput={({ currentTarget }) => {
          keepTyped(id, currentTarget.value);
          answer(id, read(currentTarget.value, country));
        }}
      />
      <p id={`${id}-whole`} class="count" dir="ltr">
        {whole}
      </p>
    </div>
  );
}
