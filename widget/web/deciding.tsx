// The last look: what was answered, what is asked for, and the one button that sends.
import { answerText } from "./answer-text.ts";
import { agree, edit, goBack } from "./asking.ts";
import { laterViews } from "./later-view.ts";
import { more } from "./more.ts";
import { local, tongueOf, type Open } from "./page.ts";
import { pathOf } from "./path.ts";
import { Purposes } from "./purposes.tsx";
import { send } from "./sending.ts";
import { fill } from "./words/words.ts";

function Review({ page }: { page: Open }) {
  const { asking } = page.speech;
  return (
    <dl class="review">
      {pathOf(page.visit.manifest.definition, page.answers).map((question) => {
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

export function NoticeAndPurposes({ page }: { page: Open }) {
  const { asking } = page.speech;
  const { definition, notice } = page.visit.manifest;
  const { step } = page;
  const note = "note" in step ? step.note : undefined;
  const views = laterViews();
  return (
    <section class="notice" aria-labelledby="notice">
      {note && typeof views === "object" && <views.NoteText page={page} note={note} />}
      <h2 id="notice">{asking.notice}</h2>
      <p {...tongueOf(page, notice.text)}>{local(page, notice.text)}</p>
      <p class="about">
        {fill(asking.controller, notice.controller.name, notice.controller.contact)}{" "}
        {fill(asking.retention, notice.retentionDays)}{" "}
        {notice.url && (
          <a href={notice.url} target="_blank" rel="noopener noreferrer">
            {asking.fullNotice}
          </a>
        )}
      </p>
      <Purposes
        page={page}
        neededWhy={more && definition.send ? more.wordsOf(page).tapNeededWhy : asking.neededWhy}
        agree={agree}
      />
      {more && <more.AlsoSent page={page} />}
    </section>
  );
}

/** The browser itself posts nothing (form-action 'none'): the button's own press sends, which a script cannot make up. */
export const stay = (event: Event): void => event.preventDefault();

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
      <button class="main" aria-disabled={busy} onClick={(event) => void send(event)}>
        {busy ? asking.sending : asking.send}
      </button>
    </div>
  );
}

export function Deciding({ page }: { page: Open }) {
  const { asking } = page.speech;
  const { review } = page.visit.manifest.definition;
  return (
    <form class="step" onSubmit={stay}>
      <h1 tabIndex={-1}>{review ? asking.review : asking.beforeSending}</h1>
      {review && <Review page={page} />}
      <NoticeAndPurposes page={page} />
      <SendButton page={page} back />
    </form>
  );
}
