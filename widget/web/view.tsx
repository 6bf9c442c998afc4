import { begin, goBack, goOn } from "./asking.ts";
import { Deciding, NoticeAndPurposes, SendButton, stay } from "./deciding.tsx";
import { fetchLater, laterViews } from "./later-view.ts";
import { local, tongueOf, speak, type Open, type Page, type Shut } from "./page.ts";
import { pathOf } from "./path.ts";
import { QuestionField } from "./question.tsx";
import { askToWithdraw } from "./sending.ts";
import { fill } from "./words/words.ts";

function Progress({ page, id }: { page: Open; id: string }) {
  const path = pathOf(page.visit.manifest.definition, page.answers);
  const number = path.findIndex((question) => question.id === id) + 1;
  const label = fill(page.speech.asking.progress, number, path.length);
  return (
    <div class="progress">
      <span>{label}</span>
      <progress value={number} max={path.length} aria-label={label} />
    </div>
  );
}

/** Enter goes on, as in any form. */
const submitting = (go: () => void) => (event: Event) => {
  stay(event);
  go();
};

function Intro({ page }: { page: Open }) {
  const { title, intro } = page.visit.manifest.definition;
  const { start, withdrawEarlier } = page.speech.asking;
  return (
    <form class="step intro" onSubmit={submitting(begin)}>
      <h1 tabIndex={-1} {...tongueOf(page, title)}>
        {local(page, title)}
      </h1>
      {intro && (
        <p class="lead" {...tongueOf(page, intro)}>
          {local(page, intro)}
        </p>
      )}
      <div class="actions">
        <button class="main">{start}</button>
      </div>
      <button type="button" class="quiet" onClick={askToWithdraw}>
        {withdrawEarlier}
      </button>
    </form>
  );
}

function OneQuestion({ page, id, faults }: { page: Open; id: string; faults: Faults }) {
  const { definition } = page.visit.manifest;
  const question = definition.questions.find((candidate) => candidate.id === id);
  if (question === undefined) return null;
  const { back, next } = page.speech.asking;
  const canGoBack = definition.intro !== undefined || definition.questions[0] !== question;
  return (
    <>
      <Progress page={page} id={id} />
      <form class="step" key={id} noValidate onSubmit={submitting(goOn)}>
        <QuestionField page={page} question={question} fault={faults.get(id)} alone />
        <div class="actions">
          {canGoBack && (
            <button type="button" onClick={goBack}>
              {back}
            </button>
          )}
          <button class="main">{next}</button>
        </div>
      </form>
    </>
  );
}

type Faults = Extract<Open["step"], { at: "question" }>["faults"];

function AllQuestions({ page, faults }: { page: Open; faults: Faults }) {
  const { definition } = page.visit.manifest;
  const { next, withdrawEarlier } = page.speech.asking;
  // With a review to come, consent is asked beside it.
  const goesOn = definition.layout === "all" && definition.review;
  return (
    <form class="step" noValidate onSubmit={goesOn ? submitting(goOn) : stay}>
      <h1 tabIndex={-1} {...tongueOf(page, definition.title)}>
        {local(page, definition.title)}
      </h1>
      {definition.intro && (
        <p class="lead" {...tongueOf(page, definition.intro)}>
          {local(page, definition.intro)}
        </p>
      )}
      {pathOf(definition, page.answers).map((question) => (
        <QuestionField
          key={question.id}
          page={page}
          question={question}
          fault={faults.get(question.id)}
        />
      ))}
      {goesOn ? (
        <div class="actions">
          <button class="main">{next}</button>
        </div>
      ) : (
        <>
          <NoticeAndPurposes page={page} />
          <SendButton page={page} />
        </>
      )}
      <button type="button" class="quiet" onClick={askToWithdraw}>
        {withdrawEarlier}
      </button>
    </form>
  );
}

const none: Faults = new Map();

function StepView({ page }: { page: Open }) {
  const { step } = page;
  const at = step.at === "sending" ? step.from : step.at;
  switch (at) {
    case "intro":
      return <Intro page={page} />;
    case "question":
      return step.at === "question" ? (
        <OneQuestion page={page} id={step.id} faults={step.faults} />
      ) : null;
    case "all":
      return <AllQuestions page={page} faults={step.at === "all" ? step.faults : none} />;
    case "deciding":
      return <Deciding page={page} />;
    default:
      return <LaterStep page={page} />;
  }
}

function LaterStep({ page }: { page: Open | Shut }) {
  const views = laterViews();
  const { loading, offline, reload } = page.speech.asking;
  if (views === "wanted") return <Loading label={loading} />;
  if (views !== "failed") return <views.Later page={page} />;
  return (
    <div class="step">
      <h1 tabIndex={-1}>{offline}</h1>
      <div class="actions">
        <button type="button" class="main" onClick={() => void fetchLater()}>
          {reload}
        </button>
      </div>
    </div>
  );
}

const Loading = ({ label }: { label: string }) => (
  <div class="loading" role="status" aria-label={label}>
    <i />
  </div>
);

/** Who asks, above every step. */
function Header({ page }: { page: Open }) {
  const { definition, notice } = page.visit.manifest;
  const views = laterViews();
  return (
    <header>
      <span>{notice.controller.name}</span>
      {typeof views === "object" && (
        <views.Languages languages={definition.languages} speech={page.speech} choose={speak} />
      )}
    </header>
  );
}

export function View({ page }: { page: Page }) {
  const views = laterViews();
  return (
    <>
      {page.at === "open" && <Header page={page} />}
      <main class="sheet">
        {page.at === "open" ? <StepView page={page} /> : <LaterStep page={page} />}
        {page.at === "open" && typeof views === "object" && <views.Pause page={page} />}
      </main>
      {page.at === "open" && (
        <footer>
          {fill(
            page.speech.asking.sealed,
            page.speech.asking.regions[page.visit.invited.body.region],
          )}
        </footer>
      )}
      <p class="unseen" role="status">
        {page.at === "open" ? page.said : ""}
      </p>
    </>
  );
}
