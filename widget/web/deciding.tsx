// The last look: what was answered, what is asked for, and the one button that sends.
import { questionsOnPath } from "../../sdk/branching.ts";
import { answerText } from "./answer-text.ts";
import { agree, edit, goBack } from "./asking.ts";
import { laterViews } from "./later-view.ts";
import { local, type Open } from "./page.ts";
import { fill } from "./words/words.ts";

function Review({ page }: { page: Open }) {
  const { asking } = page.speech;
  return (
    <dl class="review">
      {questionsOnPath(page.visit.manifest.definition, page.answers).map((question) => {
        const text = answerText(page, question);
        return (
          <div key={question.id}>
            <dt>{local(page, question.text)}</dt>
            <dd data-empty={text === undefined}>{text ?? asking.unanswered}</dd>
            <dd>
              <button type="button" class="quiet" onClick={() => edit(question.id)}>
                {asking.change}
                <span class="unseen">: {local(page, question.text)}</span>
              </button>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Purposes({ page }: { page: Open }) {
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
              <li key={id}>{local(page, text)}</li>
            ))}
          </ul>
          <p class="about">{asking.neededWhy}</p>
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
              <span>{local(page, text)}</span>
            </label>
          ))}
        </div>
      )}
      {withheld.length > 0 && (
        <div class="withheld">
          <p>{asking.privacyControl}</p>
          <ul>
            {withheld.map(({ id, text }) => (
              <li key={id}>{local(page, text)}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

export function NoticeAndPurposes({ page }: { page: Open }) {
  const { asking } = page.speech;
  const { notice } = page.visit.manifest;
  const { step } = page;
  const note = "note" in step ? step.note : undefined;
  const views = laterViews();
  return (
    <section class="notice" aria-labelledby="notice">
      {note && typeof views === "object" && <views.NoteText page={page} note={note} />}
      <h2 id="notice">{asking.notice}</h2>
      <p>{local(page, notice.text)}</p>
      <p class="about">
        {fill(asking.controller, notice.controller.name, notice.controller.contact)}{" "}
        {fill(asking.retention, notice.retentionDays)}{" "}
        {notice.url && (
          <a href={notice.url} target="_blank" rel="noopener noreferrer">
            {asking.fullNotice}
          </a>
        )}
      </p>
      <Purposes page={page} />
    </section>
  );
}

export function SendButton({ page, back }: { page: Open; back?: boolean }) {
  const { asking } = page.speech;
  const busy = page.step.at === "sending";
  return (
    <div class="actions">
      {back && (
        <button type="button" onClick={goBack}>
          {asking.back}
        </button>
      )}
      <button class="main" aria-disabled={busy}>
        {busy ? asking.sending : asking.send}
      </button>
    </div>
  );
}

export function Deciding({ page, onSubmit }: { page: Open; onSubmit: (event: Event) => void }) {
  const { asking } = page.speech;
  const { review } = page.visit.manifest.definition;
  return (
    <form class="step" onSubmit={onSubmit}>
      <h1 tabIndex={-1}>{review ? asking.review : asking.beforeSending}</h1>
      {review && <Review page={page} />}
      <NoticeAndPurposes page={page} />
      <SendButton page={page} back />
    </form>
  );
}
