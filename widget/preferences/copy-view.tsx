// The reader's own copy, readable; the file has all of it.
import { download } from "../web/download.ts";
import { local } from "../web/page.ts";
import { fill } from "../web/words/words.ts";
import type { Center, OwnCopy } from "./center.ts";

interface Props {
  readonly page: Center;
  readonly copy: { readonly read: OwnCopy; readonly text: string };
}

/** As many of a kind as a page is pleasant with; the file has the others. */
const shownMax = 20;

const dayOf = (page: Center, instant: string): string =>
  new Intl.DateTimeFormat(page.speech.language, { dateStyle: "long", timeStyle: "short" }).format(
    new Date(instant),
  );

const textOf = (value: unknown): string =>
  Array.isArray(value) ? value.map(String).join("\n") : String(value);

function Rows({ rows }: { rows: readonly (readonly [name: string, text: string])[] }) {
  return (
    <dl>
      {rows.map(([name, text], index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Answers({ page, copy: { read } }: Props) {
  const { words } = page;
  return (
    <>
      <h4>{words.copyAnswers}</h4>
      {read.answers.slice(0, shownMax).map((answer, index) => (
        <div class="kept" key={index}>
          <p class="about">
            {dayOf(page, answer.receivedAt)} ·{" "}
            {answer.current ? words.copyCounts : words.copyEarlier}
          </p>
          <Rows
            rows={answer.answers.map(({ question, asked, answer: said }) => [
              asked ?? question,
              textOf(said),
            ])}
          />
        </div>
      ))}
    </>
  );
}

function Choices({ page, copy: { read } }: Props) {
  const { words, visit } = page;
  const { topics, frequencies } = visit.manifest.definition.preferences ?? {
    topics: [],
    frequencies: [],
  };
  const named = [...topics, ...frequencies, ...visit.manifest.notice.purposes];
  const nameOf = (id: string): string => {
    const found = named.find((each) => each.id === id);
    return found === undefined ? id : local(page, found.text);
  };
  return (
    <>
      <h4>{words.copyChoices}</h4>
      {read.preferences.slice(0, shownMax).map((choices, index) => (
        <div class="kept" key={index}>
          <p class="about">{dayOf(page, choices.receivedAt)}</p>
          <Rows
            rows={[
              [words.topics, choices.topics.map(nameOf).join("\n")] as const,
              [words.frequency, nameOf(choices.frequency ?? "")] as const,
              [words.consent, choices.consent.purposes.map(nameOf).join("\n")] as const,
            ].filter(([, text]) => text !== "")}
          />
        </div>
      ))}
    </>
  );
}

function Requests({ page, copy: { read } }: Props) {
  const { words } = page;
  const names: Readonly<Record<string, string>> = {
    unsubscribe: words.unsubscribe,
    resubscribe: words.undo,
    erase: words.erase,
  };
  const rows = [
    ...read.requests.map(({ request, receivedAt }) => [names[request] ?? request, receivedAt]),
    ...read.withdrawals.map(({ receivedAt }) => [words.withdraw, receivedAt]),
  ] as [string, string][];
  return (
    <>
      <h4>{words.copyRequests}</h4>
      <Rows rows={rows.slice(0, shownMax).map(([name, instant]) => [name, dayOf(page, instant)])} />
    </>
  );
}

export function CopyView({ page, copy }: Props) {
  const { words } = page;
  const { answers, preferences, requests, withdrawals, unreadable } = copy.read;
  const nothing = [answers, preferences, requests, withdrawals, unreadable].every(
    ({ length }) => length === 0,
  );
  if (nothing) return <p>{words.copyNothing}</p>;
  return (
    <div class="copy">
      {answers.length > 0 && <Answers page={page} copy={copy} />}
      {preferences.length > 0 && <Choices page={page} copy={copy} />}
      {requests.length + withdrawals.length > 0 && <Requests page={page} copy={copy} />}
      {unreadable.length > 0 && <p>{fill(words.copyUnreadable, unreadable.length)}</p>}
      <div class="buttons">
        <button
          type="button"
          onClick={() =>
            download(copy.text, "application/json", `maily-${page.visit.manifest.id}.json`)
          }
        >
          {words.copyFile}
        </button>
      </div>
    </div>
  );
}
