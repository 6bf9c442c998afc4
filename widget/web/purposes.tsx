import { local, tongueOf, type Open, type Visit } from "./page.ts";

interface Props {
  readonly page: Pick<Open, "speech" | "agreed"> & {
    readonly visit: Pick<Visit, "manifest" | "purposes" | "withheld">;
  };
  readonly neededWhy: string;
  readonly agree: (purpose: string, yes: boolean) => void;
}

/** What is needed, what is the reader's choice, and what the browser opts out of. */
export function Purposes({ page, neededWhy, agree }: Props) {
  const { asking } = page.speech;
  const { purposes, withheld } = page.visit;
  const needed = purposes.filter(({ required }) => required);
  const free = purposes.filter(({ required }) => !required);
  return (
    <>
      {needed.length > 0 && (
        <>
          <h3>{asking.needed}</h3>
          <ul class="needed">
            {needed.map(({ id, text }) => (
              <li key={id} {...tongueOf(page, text)}>
                {local(page, text)}
              </li>
            ))}
          </ul>
          <p class="about">{neededWhy}</p>
        </>
      )}
      {free.length > 0 && (
        <div class="options" role="group" aria-labelledby="your-choice">
          <h3 id="your-choice">{asking.yourChoice}</h3>
          {free.map(({ id, text }) => (
            <label class="option" key={id}>
              <input
                type="checkbox"
                checked={page.agreed.includes(id)}
                onChange={({ currentTarget }) => agree(id, currentTarget.checked)}
              />
              <span {...tongueOf(page, text)}>{local(page, text)}</span>
            </label>
          ))}
        </div>
      )}
      {withheld.length > 0 && (
        <div class="withheld">
          <p>{asking.privacyControl}</p>
          <ul>
            {withheld.map(({ id, text }) => (
              <li key={id} {...tongueOf(page, text)}>
                {local(page, text)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
