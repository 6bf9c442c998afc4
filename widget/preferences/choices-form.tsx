// Topics, how often, and consent: sealed together, saved together.
import { local } from "../web/page.ts";
import { Purposes } from "../web/purposes.tsx";
import { fill } from "../web/words/words.ts";
import { ActButton, FaultText, regionOf } from "./act-button.tsx";
import { choose, save, showBefore } from "./acts.ts";
import type { Center } from "./center.ts";

const agree = ({ agreed }: Center, purpose: string, yes: boolean): void => {
  const others = agreed.filter((id) => id !== purpose);
  choose({ agreed: yes ? [...others, purpose] : others });
};

function Topics({ page }: { page: Center }) {
  const { topics } = page.visit.manifest.definition.preferences ?? { topics: [] };
  if (topics.length === 0) return null;
  // In the author's order, however they were ticked.
  const pick = (topic: string, yes: boolean): void =>
    choose({
      topics: topics
        .map(({ id }) => id)
        .filter((id) => (id === topic ? yes : page.topics.includes(id))),
    });
  return (
    <fieldset>
      <legend>{page.words.topics}</legend>
      <div class="options">
        {topics.map(({ id, text }) => (
          <label class="option" key={id}>
            <input
              type="checkbox"
              checked={page.topics.includes(id)}
              onChange={({ currentTarget }) => pick(id, currentTarget.checked)}
            />
            <span>{local(page, text)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Frequency({ page }: { page: Center }) {
  const { frequencies } = page.visit.manifest.definition.preferences ?? { frequencies: [] };
  if (frequencies.length === 0) return null;
  return (
    <fieldset>
      <legend>{page.words.frequency}</legend>
      <div class="options">
        {frequencies.map(({ id, text }) => (
          <label class="option" key={id}>
            <input
              type="radio"
              name="frequency"
              checked={page.frequency === id}
              onChange={() => choose({ frequency: id })}
            />
            <span>{local(page, text)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Notice({ page }: { page: Center }) {
  const { asking } = page.speech;
  const { notice } = page.visit.manifest;
  return (
    <div class="notice">
      <h3>{page.words.consent}</h3>
      <p>{local(page, notice.text)}</p>
      {notice.url && (
        <p class="about">
          <a href={notice.url} target="_blank" rel="noopener noreferrer">
            {asking.fullNotice}
          </a>
        </p>
      )}
      <Purposes
        page={page}
        neededWhy={page.words.neededWhy}
        agree={(purpose, yes) => agree(page, purpose, yes)}
      />
    </div>
  );
}

/** What was saved before is sealed: the page begins with nothing chosen, and fetches it for whoever asks. */
function Before({ page }: { page: Center }) {
  const { words, acts, copy } = page;
  const found = copy?.read.preferences.length !== 0;
  return (
    <>
      <p class="news" role="status">
        {acts.before.at === "done" && (found ? words.beforeShown : words.beforeNothing)}
      </p>
      <FaultText page={page} act={acts.before} />
      {acts.before.at !== "done" && (
        <button
          type="button"
          class="quiet"
          aria-disabled={acts.before.at === "working"}
          onClick={(event) => void showBefore(event)}
        >
          {acts.before.at === "working" ? words.working : words.before}
        </button>
      )}
    </>
  );
}

export function ChoicesForm({ page }: { page: Center }) {
  const { words, visit, acts } = page;
  return (
    <section class="part" aria-labelledby="save-title">
      <h2 id="save-title" tabIndex={-1}>
        {words.choices}
      </h2>
      {visit.over ? (
        <p>{words.over}</p>
      ) : (
        <form class="choices" onSubmit={(event) => event.preventDefault()}>
          <p>{words.choicesWhat}</p>
          <Before page={page} />
          <Topics page={page} />
          <Frequency page={page} />
          <Notice page={page} />
          <FaultText page={page} act={acts.save} />
          <p class="news" role="status">
            {acts.save.at === "done" && fill(words.saved, regionOf(page))}
          </p>
          <div class="buttons">
            <ActButton
              page={page}
              name="save"
              label={words.save}
              main
              onPress={(event) => void save(event)}
            />
          </div>
        </form>
      )}
    </section>
  );
}
