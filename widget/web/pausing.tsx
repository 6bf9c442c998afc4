// To continue later on this device: nothing of an answer is kept before the reader presses for it.
import { Component } from "preact";
import type { AnswerFault } from "../../sdk/check-answers.ts";
import type { Answers } from "../../sdk/schema/answer.ts";
import type { Definition } from "../../sdk/schema/widget.ts";
import { firstStep } from "./asking.ts";
import { mark, unmark } from "./bringing-over.ts";
import { nameOfVisit } from "./delivering.ts";
import { draftUntil, forgetDraft, keepDraft, openDraft, type Draft } from "./drafts.ts";
import { Mark } from "./drawings.tsx";
import { change, current, goTo, type Open, type Step } from "./page.ts";
import { faultOf } from "./path.ts";
import { fill, type LaterWords } from "./words/words.ts";

/** While a reader types, one saving for all that was typed meanwhile. */
const saveMilliseconds = 500;

const dayOf = ({ speech }: Open, until: number): string =>
  new Intl.DateTimeFormat(speech.language, { dateStyle: "long" }).format(new Date(until));

const draftOf = ({ answers, step }: Open): Draft => ({
  answers,
  ...(step.at === "question" && { question: step.id }),
});

async function save(page: Open): Promise<number | undefined> {
  const { visit } = page;
  const until = await keepDraft(nameOfVisit(visit), draftOf(page), visit.manifest.closesAt);
  if (until !== undefined) mark();
  return until;
}

async function drop({ visit }: Open): Promise<void> {
  await forgetDraft(nameOfVisit(visit));
  await unmark();
}

/** Steps at which there is something to continue. */
const isAsked = ({ at }: Step): boolean => at === "question" || at === "all" || at === "deciding";

/** In a frame of a site a visitor is somebody new the next time, who would never find what was kept. */
const hasLink = (): boolean => location.pathname.startsWith("/a/");

interface Props {
  readonly page: Open;
  readonly words: LaterWords;
}

type State = { readonly until: number | undefined; readonly failed: boolean };

/** The button below the questions; once pressed, what is kept follows what is answered. */
export class Pausing extends Component<Props, State> {
  override state: State = { until: undefined, failed: false };
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** One after the other: what is forgotten must not be written by a saving that began before. */
  private last: Promise<void> = Promise.resolve();

  private async next(work: () => Promise<void>): Promise<void> {
    await this.last;
    await work();
  }

  private readonly keep = (): void => {
    this.last = this.next(async () => {
      const page = current();
      if (page === undefined || !isAsked(page.step)) return;
      const until = await save(page);
      this.setState(until === undefined ? { failed: true } : { until, failed: false });
    });
  };

  private readonly forget = (): void => {
    clearTimeout(this.timer);
    this.last = this.next(async () => {
      await drop(this.props.page);
      this.setState({ until: undefined, failed: false });
    });
  };

  /** Who goes on with what was kept still has it on the device. */
  private readonly look = async (): Promise<void> => {
    this.setState({ until: await draftUntil(nameOfVisit(this.props.page.visit)), failed: false });
  };

  override componentDidUpdate({ page: before }: Props): void {
    const { page } = this.props;
    if (before.step.at === "returning" && isAsked(page.step)) return void this.look();
    if (this.state.until === undefined) return;
    if (page.step.at === "thanked" || page.step.at === "withdrawn")
      return this.setState({ until: undefined });
    if (!isAsked(page.step) || (page.answers === before.answers && page.step === before.step))
      return;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.keep, saveMilliseconds);
  }

  override componentWillUnmount(): void {
    clearTimeout(this.timer);
  }

  override render() {
    const { page, words } = this.props;
    const { until, failed } = this.state;
    if (!isAsked(page.step) || !hasLink()) return null;
    const said = failed
      ? words.pauseFailed
      : until === undefined
        ? ""
        : fill(words.paused, dayOf(page, until));
    return (
      <div class="pause">
        {/* Stands there from the beginning, so that its change is read out. */}
        <p role="status">{said}</p>
        {until === undefined ? (
          Object.keys(page.answers).length > 0 && (
            <button type="button" class="quiet" onClick={this.keep}>
              {words.pause}
            </button>
          )
        ) : (
          <button type="button" class="quiet" onClick={this.forget}>
            {words.pauseForget}
          </button>
        )}
      </div>
    );
  }
}

/** What a campaign that was published again cannot ask any more; every other fault is of an answer that was only begun. */
const foreign: readonly (AnswerFault | undefined)[] = ["wrong-type", "unknown-option"];

/** Of what was kept, what can be gone on with. */
export function continued(
  { questions, hidden = [] }: Pick<Definition, "questions" | "hidden">,
  kept: Answers,
): Answers {
  const names = new Set(hidden.map(({ id }) => id));
  const fits = Object.entries(kept).filter(([id, value]) => {
    const question = questions.find((each) => each.id === id);
    return question ? !foreign.includes(faultOf(question, { [id]: value })) : names.has(id);
  });
  return Object.fromEntries(fits);
}

async function goOnWith(page: Open): Promise<void> {
  const draft = await openDraft(nameOfVisit(page.visit));
  if (draft === undefined) {
    await drop(page);
    return goTo({ at: "returning", until: 0, failed: true });
  }
  // A tap in the mail that led here is newer than what was kept.
  const answers = { ...continued(page.visit.manifest.definition, draft.answers), ...page.answers };
  const first = firstStep(page);
  const { questions } = page.visit.manifest.definition;
  const { question } = draft;
  const isThere = questions.some(({ id }) => id === question);
  const step: Step =
    first.at === "question" && question !== undefined && isThere
      ? { ...first, id: question }
      : first;
  change({ answers, step });
}

async function startAnew(page: Open): Promise<void> {
  await drop(page);
  goTo(firstStep(page));
}

/** What a reader who asked to continue later sees first. */
export function Returning({
  page,
  step,
  words,
}: Props & { readonly step: Extract<Step, { at: "returning" }> }) {
  return (
    <div class="step">
      <Mark what="waiting" />
      <h1 tabIndex={-1}>{words.returning}</h1>
      <p class="lead" role="status">
        {step.failed ? words.returnFailed : fill(words.returningWhat, dayOf(page, step.until))}
      </p>
      <div class="actions">
        <button type="button" onClick={() => void startAnew(page)}>
          {words.startAnew}
        </button>
        {!step.failed && (
          <button type="button" class="main" onClick={() => void goOnWith(page)}>
            {words.goOn}
          </button>
        )}
      </div>
    </div>
  );
}
