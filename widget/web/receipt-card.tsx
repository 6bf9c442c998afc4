import { Component } from "preact";
import { readReceipt } from "../../sdk/receipt.ts";
import type { Receipt } from "../../sdk/schema/receipt.ts";
import { downloadReceipt } from "./download.ts";
import { local, type Open } from "./page.ts";
import type { LaterWords } from "./words/words.ts";

interface Props {
  readonly page: Open;
  /** The receipt as it was given. */
  readonly jws: string;
  readonly words: LaterWords;
  /** Behind its title: there is something above that the reader came for. */
  readonly folded?: boolean;
}

const dayMilliseconds = 86_400_000;

/** What was agreed to, when, and where it is kept: readable, and whole for keeping. */
export class ReceiptCard extends Component<
  Props,
  { read?: { receipt: Receipt; id: string } | undefined; copied?: boolean }
> {
  override componentDidMount(): void {
    void readReceipt(this.props.jws).then((read) => this.setState({ read }));
  }

  private texts(receipt: Receipt, status: string): string {
    const { page } = this.props;
    const { purposes } = page.visit.manifest.notice;
    const ids = receipt.process
      .filter((each) => each["dpv:hasConsentStatus"] === status)
      .map((each) => each["dpv:hasPurpose"]);
    return purposes
      .filter(({ id }) => ids.includes(id))
      .map(({ text }) => local(page, text))
      .join("\n");
  }

  private rows(receipt: Receipt, id: string): [string, string][] {
    const { page, words } = this.props;
    const { language, asking } = page.speech;
    const day = (time: string | number, more: Intl.DateTimeFormatOptions = {}): string =>
      new Intl.DateTimeFormat(language, { dateStyle: "long", ...more }).format(new Date(time));
    const withdrawn = receipt.event.type === "consent-withdrawn";
    const keptUntil = Date.parse(receipt["dct:created"]) + receipt.retentionDays * dayMilliseconds;
    const rows: [string, string][] = [
      [words.agreedTo, this.texts(receipt, "dpv:ConsentGiven")],
      [words.declined, this.texts(receipt, "dpv:ConsentRefused")],
      [withdrawn ? words.taken : words.given, day(receipt["dct:created"], { timeStyle: "short" })],
      [words.region, asking.regions[receipt.jurisdiction]],
      [words.kept, withdrawn ? "" : day(keptUntil)],
      [words.number, id],
    ];
    return rows.filter(([, text]) => text !== "");
  }

  override render() {
    const { jws, words, folded } = this.props;
    const { read, copied } = this.state;
    if (read === undefined) return null;
    return (
      <details class="receipt" open={!folded}>
        <summary>
          <h2>{words.receipt}</h2>
        </summary>
        <p class="about">{words.receiptWhy}</p>
        <dl>
          {this.rows(read.receipt, read.id).map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <div class="actions">
          <button
            type="button"
            onClick={() =>
              // Refused where a browser wants no clipboard: the download stays.
              void navigator.clipboard.writeText(jws).then(
                () => this.setState({ copied: true }),
                () => this.setState({ copied: false }),
              )
            }
          >
            {copied ? words.copied : words.copy}
          </button>
          <button type="button" onClick={() => downloadReceipt(jws, read.id)}>
            {words.download}
          </button>
        </div>
      </details>
    );
  }
}
