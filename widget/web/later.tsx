// After sending, and instead of it: thanks and receipt, an answer that waits, a withdrawal, refusals.
import { Confirming } from "./confirming.tsx";
import { Mark, Drawn, type Drawing } from "./drawings.tsx";
import { listenForKeys } from "./keys.ts";
import { OutcomeCard, outcomeFor } from "./outcome.tsx";
import { local, type Open, type Shut, type Step } from "./page.ts";
import { ReceiptCard } from "./receipt-card.tsx";
import { begin } from "./asking.ts";
import { tryAgain } from "./delivering.ts";
import { Pausing, Returning } from "./pausing.tsx";
import { askToWithdraw } from "./sending.ts";
import { keepConsent, withdraw } from "./withdrawal.ts";
import { later as english } from "./words/en-later.ts";
import { fill, type LaterWords, type Note, type Reason } from "./words/words.ts";

listenForKeys();

// Fetched with the views it leads to.
export { Languages } from "./languages.tsx";
export { deliver, keptStep, resume } from "./delivering.ts";

interface At<Name extends Step["at"]> {
  readonly page: Open;
  readonly step: Extract<Step, { at: Name }>;
  readonly words: LaterWords;
}

const regionOf = ({ speech, visit }: Open): string =>
  speech.asking.regions[visit.invited.body.region];

function Thanked({ page, step, words }: At<"thanked">) {
  const { thanks } = page.visit.manifest.definition;
  const outcome = step.elsewhere ? undefined : outcomeFor(page);
  return (
    <div class="step">
      {outcome === undefined && <Mark what="arrived" />}
      <h1 tabIndex={-1}>{thanks ? local(page, thanks.title) : words.thanks}</h1>
      {thanks?.text && <p class="lead">{local(page, thanks.text)}</p>}
      {outcome && <OutcomeCard page={page} words={words} outcome={outcome} />}
      <p class="safe">
        <Drawn what="sealed" />
        {fill(step.elsewhere ? words.elsewhere : words.arrived, regionOf(page))}
      </p>
      <ReceiptCard page={page} jws={step.receipt} words={words} folded={outcome !== undefined} />
      <div class="actions">
        <button type="button" onClick={begin}>
          {words.changeAnswer}
        </button>
        <button type="button" onClick={askToWithdraw}>
          {words.withdraw}
        </button>
      </div>
    </div>
  );
}

function Waiting({ page, step, words }: At<"waiting">) {
  return (
    <div class="step">
      <Mark what={step.offline ? "offline" : "waiting"} />
      <h1 tabIndex={-1}>{words.waiting}</h1>
      <p class="lead" role="status">
        {step.trying
          ? words.trying
          : step.offline
            ? words.waitingOffline
            : fill(words.waitingBusy, regionOf(page))}
      </p>
      <p>{step.stored ? words.waitingStored : words.waitingUnstored}</p>
      <div class="actions">
        <button
          type="button"
          class="main"
          aria-disabled={step.trying}
          onClick={() => void tryAgain(true)}
        >
          {words.tryNow}
        </button>
      </div>
    </div>
  );
}

function Withdrawing({ step, words }: At<"withdrawing">) {
  const busy = step.state === "sending";
  return (
    <div class="step">
      <h1 tabIndex={-1}>{words.withdrawAsk}</h1>
      <p class="lead">{words.withdrawWhat}</p>
      {step.state === "failed" && (
        <p class="fault" role="alert">
          {words.withdrawFailed}
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={keepConsent}>
          {words.withdrawNo}
        </button>
        <button
          type="button"
          class="main"
          aria-disabled={busy}
          onClick={(event) => void withdraw(event)}
        >
          {busy ? words.withdrawing : words.withdrawYes}
        </button>
      </div>
    </div>
  );
}

function Withdrawn({ page, step, words }: At<"withdrawn">) {
  return (
    <div class="step">
      <Mark what="returned" />
      <h1 tabIndex={-1}>{words.withdrawn}</h1>
      <p class="lead">{words.withdrawnWhat}</p>
      <ReceiptCard page={page} jws={step.receipt} words={words} />
      <div class="actions">
        <button type="button" onClick={begin}>
          {words.answerAgain}
        </button>
      </div>
    </div>
  );
}

/** A day that a refusal names, such as when a campaign opens. */
function dayOf(page: Open | Shut, reason: Reason): string {
  const manifest = page.at === "open" ? page.visit.manifest : page.manifest;
  const instant = reason === "pending" ? manifest?.opensAt : manifest?.closesAt;
  return instant === undefined
    ? ""
    : new Intl.DateTimeFormat(page.speech.language, { dateStyle: "long" }).format(
        new Date(instant),
      );
}

/** For the rest a lock says enough. */
const drawnFor: Readonly<Partial<Record<Reason, Drawing>>> = {
  pending: "time",
  expired: "time",
  outdated: "time",
  offline: "offline",
  withdrawn: "returned",
  forged: "doubted",
  uninvited: "sealed",
  unknown: "doubted",
};

function Refused({
  page,
  reason,
  words,
}: {
  page: Open | Shut;
  reason: Reason;
  words: LaterWords;
}) {
  const [title, what] = words.reasons[reason];
  const detail =
    reason === "keys" ? (page.at === "open" ? regionOf(page) : "") : dayOf(page, reason);
  const again = page.at === "open" && (reason === "withdrawn" || reason === "outdated");
  const reload = reason === "offline" || reason === "keys" || reason === "other";
  return (
    <div class="step">
      <Mark what={drawnFor[reason] ?? "closed"} />
      <h1 tabIndex={-1}>{title}</h1>
      <p class="lead">{fill(what, detail)}</p>
      {(again || reload) && (
        <div class="actions">
          <button type="button" class="main" onClick={again ? begin : () => location.reload()}>
            {again ? words.answerAgain : page.speech.asking.reload}
          </button>
        </div>
      )}
    </div>
  );
}

const wordsOf = ({ speech }: Open | Shut): LaterWords => speech.saidLater?.(english) ?? english;

/** Why a reader who pressed send is asked once more. */
export const NoteText = ({ page, note }: { page: Open; note: Note }) => (
  <p class="fault" role="alert">
    {wordsOf(page).notes[note]}
  </p>
);

/** Below the questions. */
export const Pause = ({ page }: { page: Open }) => <Pausing page={page} words={wordsOf(page)} />;

export function Later({ page }: { page: Open | Shut }) {
  const words = wordsOf(page);
  if (page.at === "shut") return <Refused page={page} reason={page.reason} words={words} />;
  const { step } = page;
  switch (step.at) {
    case "thanked":
      return <Thanked page={page} step={step} words={words} />;
    case "confirming":
    case "sending":
      return <Confirming page={page} words={words} />;
    case "returning":
      return <Returning page={page} step={step} words={words} />;
    case "waiting":
      return <Waiting page={page} step={step} words={words} />;
    case "withdrawing":
      return <Withdrawing page={page} step={step} words={words} />;
    case "withdrawn":
      return <Withdrawn page={page} step={step} words={words} />;
    case "refused":
      return <Refused page={page} reason={step.reason} words={words} />;
    default:
      return null;
  }
}
