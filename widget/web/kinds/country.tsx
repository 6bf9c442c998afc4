import { answer } from "../asking.ts";
import { local } from "../page.ts";
import type { ControlOf } from "../question.tsx";
import { countriesIn } from "./countries.ts";

/** A native list: it is searched by typing, and a phone shows its own. */
export function CountryField({
  page,
  question,
  id,
  value,
  describedBy,
  invalid,
}: ControlOf<"country">) {
  const { speech } = page;
  const { placeholder } = question;
  return (
    <select
      id={id}
      autocomplete="country"
      value={String(value ?? "")}
      required={question.required}
      aria-describedby={describedBy}
      aria-invalid={invalid}
      onChange={({ currentTarget }) => answer(id, currentTarget.value || undefined)}
    >
      <option value="">{placeholder ? local(page, placeholder) : speech.asking.choose}</option>
      {countriesIn(speech.language, question.countries).map(({ code, name }) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
