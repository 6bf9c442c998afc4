// Answers came faster than a person gives them (SPEC §3.13). The reader sends once more, when enough time has passed for
// it to count.
import { Component } from "preact";
import { severalMilliseconds } from "../../sdk/haste.ts";
import { begin } from "./asking.ts";
import { Mark } from "./drawings.tsx";
import type { Open } from "./page.ts";
import { askToWithdraw, send } from "./sending.ts";
import type { LaterWords } from "./words/words.ts";

interface Props {
  readonly page: Open;
  readonly words: LaterWords;
}

const tickMilliseconds = 500;

export class Confirming extends Component<Props, { waited: number }> {
  override state = { waited: 0 };
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Counts from the last answer, which was admitted before its receipt came here. */
  private readonly wait = (): void => {
    clearInterval(this.timer);
    const from = performance.now();
    this.setState({ waited: 0 });
    this.timer = setInterval(() => {
      const waited = performance.now() - from;
      this.setState({ waited });
      if (waited > severalMilliseconds) clearInterval(this.timer);
    }, tickMilliseconds);
  };

  override componentDidMount(): void {
    this.wait();
  }

  override componentDidUpdate(before: Props): void {
    // Asked once more again: others have answered in this reader's name meanwhile.
    if (before.page.step.at === "sending" && this.props.page.step.at === "confirming") this.wait();
  }

  override componentWillUnmount(): void {
    clearInterval(this.timer);
  }

  override render() {
    const { page, words } = this.props;
    const { asking } = page.speech;
    const busy = page.step.at === "sending";
    const ready = this.state.waited > severalMilliseconds;
    // An answer sent from an earlier visit is no longer here: there is nothing to send again.
    const forgotten = Object.keys(page.answers).length === 0;
    return (
      <form class="step" onSubmit={(event) => event.preventDefault()}>
        <Mark what="doubted" />
        <h1 tabIndex={-1}>{words.confirm}</h1>
        <p class="lead">{words.confirmWhat}</p>
        <div class="progress">
          <progress
            value={Math.min(this.state.waited, severalMilliseconds)}
            max={severalMilliseconds}
            aria-label={words.confirmWait}
          />
          <span role="status">{ready ? words.confirmNow : words.confirmWait}</span>
        </div>
        <div class="actions">
          <button type="button" onClick={askToWithdraw}>
            {words.confirmNot}
          </button>
          <button
            class="main"
            aria-disabled={busy || !ready}
            onClick={(event) => {
              if (ready) void (forgotten ? begin() : send(event));
            }}
          >
            {forgotten ? words.answerAgain : busy ? asking.sending : words.confirmSend}
          </button>
        </div>
      </form>
    );
  }
}
