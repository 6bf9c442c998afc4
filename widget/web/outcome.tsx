// The result that a reader's answers lead to, as a page worth keeping.
import { Component } from "preact";
import type { Image, LocalText, Outcome } from "../../sdk/schema/widget.ts";
import { outcomeOf, pointsOf } from "../../sdk/scoring.ts";
import { local, type Open } from "./page.ts";
import { answersToSend } from "./path.ts";
import { share, sharedOf, type Sharing } from "./share.ts";
import { colour } from "./theme.ts";
import type { LaterWords } from "./words/words.ts";

interface Props {
  readonly page: Open;
  readonly words: LaterWords;
}

/** Results beside the reader's own. More would be a table. */
const barsMax = 5;

interface Score {
  readonly id: string;
  readonly title: LocalText;
  /** Of all points given, 0 to 1. */
  readonly share: number;
}

/** The outcomes by their points, most first; none where points do not decide between several. */
function scoresOf({ page }: Props): Score[] {
  const { definition } = page.visit.manifest;
  const points = pointsOf(definition, answersToSend(definition, page.answers));
  const scored = definition.outcomes
    .filter(({ when }) => when === undefined)
    .map(({ id, title }) => ({ id, title, share: points.get(id) ?? 0 }))
    .filter(({ share: each }) => each > 0);
  const sum = scored.reduce((total, { share: each }) => total + each, 0);
  if (scored.length < 2) return [];
  return scored
    .map((each) => ({ ...each, share: each.share / sum }))
    .sort((one, other) => other.share - one.share)
    .slice(0, barsMax);
}

function Scores(props: Props) {
  const scores = scoresOf(props);
  if (scores.length === 0) return null;
  const { page, words } = props;
  const percent = new Intl.NumberFormat(page.speech.language, { style: "percent" });
  return (
    <dl class="scores" aria-label={words.scores}>
      {scores.map(({ id, title, share: each }) => (
        <div key={id}>
          <dt>{local(page, title)}</dt>
          <dd>
            {percent.format(each)}
            <i style={{ "--share": `${each * 100}%` }} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

const Picture = ({ page, image: { source, alt, width, height } }: { page: Open; image: Image }) => (
  <img
    src={`/images/${source}`}
    alt={alt === "" ? "" : local(page, alt)}
    width={width}
    height={height}
    decoding="async"
    // Its text says the same.
    onError={({ currentTarget }) => {
      currentTarget.hidden = true;
    }}
  />
);

class ShareButton extends Component<Props & { outcome: Outcome }, { done?: Sharing }> {
  private readonly press = (): void => {
    const { page, outcome } = this.props;
    void share(sharedOf(page, outcome, location.origin)).then((done) => this.setState({ done }));
  };

  override render() {
    const { words } = this.props;
    const { done } = this.state;
    return (
      <>
        <button type="button" onClick={this.press}>
          {words.share}
        </button>
        <span role="status">
          {done === "copied" ? words.shareCopied : done === "failed" ? words.shareFailed : ""}
        </span>
      </>
    );
  }
}

/** The outcome of what was answered on this visit; an answer sent from an earlier one is no longer here. */
export function outcomeFor({ visit, answers }: Open): Outcome | undefined {
  const { definition } = visit.manifest;
  const sent = answersToSend(definition, answers);
  return Object.keys(sent).length > 0 ? outcomeOf(definition, sent) : undefined;
}

export function OutcomeCard({ page, words, outcome }: Props & { outcome: Outcome }) {
  const { definition } = page.visit.manifest;
  const { title, text, link, image, colour: accent } = outcome;
  return (
    <section
      class="outcome"
      aria-labelledby="outcome"
      ref={(card) => {
        if (card !== null && accent !== undefined) colour(card, { ...definition.theme, accent });
      }}
    >
      {image && <Picture page={page} image={image} />}
      <h2 id="outcome">{local(page, title)}</h2>
      {text && <p>{local(page, text)}</p>}
      <Scores page={page} words={words} />
      {(link || outcome.share) && (
        <div class="actions">
          {link && (
            <a class="button" href={link.url} rel="noopener noreferrer">
              {local(page, link.text)}
            </a>
          )}
          {outcome.share && <ShareButton page={page} words={words} outcome={outcome} />}
        </div>
      )}
    </section>
  );
}
