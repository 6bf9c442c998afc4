// The agents' page: live segments, what three agents did, and why policy let them; whole without JavaScript.
import type { SegmentState } from "../../sdk/schema/segment.ts";
import type { AgentName } from "../agents/run.ts";
import { html, type Markup } from "../html.ts";
import { pageFrame } from "../page-frame.ts";
import { reasonParts } from "./decisions.ts";
import type { Entry } from "./desk.ts";

const names: Readonly<Record<AgentName, string>> = {
  campaign_strategist: "Campaign Strategist",
  toolsmith: "Toolsmith",
  compliance_guard: "Compliance Guard",
};
const duties: Readonly<Record<AgentName, string>> = {
  campaign_strategist:
    "Watches segments move and proposes the next mail. It alone may see revenue.",
  toolsmith: "Looks for questions and segments that could be better, and writes the patch.",
  compliance_guard: "Reads every decision, and checks floors and purposes.",
};
const verbs: Readonly<Record<Entry["kind"], string>> = {
  asked: "Asked",
  refused: "Refused",
  noticed: "Noticed",
  proposes: "Proposes",
  finding: "Found",
  model: "In a model’s words",
};
const pauses: Readonly<Record<NonNullable<SegmentState["paused"]>, string>> = {
  loading: "its readers are being read",
  "too-large": "its campaign is too large to keep in memory",
  invalid: "it does not fit the campaign any more",
  diverged: "it differed from the warehouse and is read anew",
};

/** What stands in the place of a size. */
export const sizeText = ({ size, floor, paused }: SegmentState): string =>
  paused !== undefined ? "paused" : (size?.toLocaleString("en") ?? `< ${floor}`);

export const sizeNote = ({ size, floor, paused }: SegmentState): string => {
  if (paused !== undefined) return `Nothing is told: ${pauses[paused]}.`;
  return size === undefined
    ? `Fewer than its floor of ${floor}: agents learn only that.`
    : `readers, floor ${floor}`;
};

const segmentOf = (segment: SegmentState): Markup =>
  html`<li class="segment" data-segment="${segment.segment}">
    <h3>${segment.name}</h3>
    <p class="size" data-below="${segment.size === undefined ? "yes" : "no"}">
      <b data-value="size">${sizeText(segment)}</b>
      <span data-value="note">${sizeNote(segment)}</span>
    </p>
    <p class="note">Purpose <code>${segment.purpose}</code></p>
  </li>`;

const ruleOf = (reason: string): Markup => {
  const { word, sentence } = reasonParts(reason);
  return html`<li>${sentence}${word === "" ? undefined : html` <code>${word}</code>`}</li>`;
};

function whyOf({ why, kind, reasons = [], tool }: Entry): Markup | undefined {
  const all = why?.reasons ?? reasons;
  if (why === undefined && all.length === 0) return undefined;
  const allowed = why?.allowed ?? kind !== "refused";
  return html`<details class="why">
    <summary>Why policy ${allowed ? "allowed" : "refused"} it</summary>
    <ul>
      ${all.map(ruleOf)}
    </ul>
    ${
      why === undefined
        ? undefined
        : html`<dl>
            <dt>Asked by</dt>
            <dd>${why.subject}, role <code>${why.role}</code></dd>
            ${
              tool === undefined
                ? undefined
                : html`<dt>Tool</dt>
                    <dd><code>${tool}</code></dd>`
            }
            <dt>Given</dt>
            <dd>${why.columns.length === 0 ? "nothing" : why.columns.join(", ")}</dd>
            <dt>Policy</dt>
            <dd><code>${why.policy.slice(0, 12)}…</code></dd>
          </dl>`
    }
  </details>`;
}

const clock = (at: number): string => new Date(at).toISOString().slice(11, 19);

/** One thing that an agent did; the page's script puts new ones in front as they are. */
export const entryOf = (entry: Entry): Markup =>
  html`<li class="entry" data-kind="${entry.kind}" id="entry-${entry.number}">
    <p class="head">
      <b>${names[entry.agent]}</b> <span class="kind">${verbs[entry.kind]}</span>
      <time datetime="${new Date(entry.at).toISOString()}">${clock(entry.at)}</time>
    </p>
    <p class="said">${entry.text}</p>
    ${
      entry.attachment === undefined
        ? undefined
        : html`<details class="attached">
            <summary>What it wrote</summary>
            <pre tabindex="0">${entry.attachment}</pre>
          </details>`
    }
    ${whyOf(entry)}
  </li>`;

const reachOf = (agent: AgentName): Markup =>
  html`<form method="post" action="/agents/reach">
    <input type="hidden" name="agent" value="${agent}" />
    <button>Let it ask for revenue</button>
  </form>`;

export interface AgentsView {
  readonly segments: readonly SegmentState[];
  readonly entries: readonly Entry[];
  readonly away: boolean;
  /** Your own reader's name and page. */
  readonly reader: { readonly name: string; readonly link: string };
  /** What was done by the button pressed before. */
  readonly done?: string | undefined;
}

const yourPart = ({ name, link }: AgentsView["reader"]): Markup =>
  html`<section class="yours" aria-labelledby="yours">
    <h2 id="yours">You are ${name}</h2>
    <p>
      Answer in another tab: choose “French press” and agree to personalisation, and a segment
      reaches its floor. Then withdraw, and watch it go.
    </p>
    <div class="acts">
      <a class="act" href="${link}" target="answer">Answer as ${name}</a>
      <form method="post" action="/agents/withdraw">
        <button class="act">Withdraw ${name}’s consent</button>
      </form>
    </div>
  </section>`;

/** The numbers that a page opened anew shows; its script follows from there. */
export const agentsPage = ({ segments, entries, away, reader, done }: AgentsView): Markup =>
  pageFrame(
    "Agents",
    "/agents",
    html`<h1>Agents at work</h1>
      <p class="lead">
        Three agents ask Europe’s server what readers have in common. Policy decides each question:
        no count below its floor is told. Two of the roles may also look up what one reader chose,
        by pseudonym, for a purpose the reader agrees to; of who took consent back nothing is given.
      </p>
      <p class="live" role="status" data-state="${away ? "away" : "waiting"}">
        ${away ? "The region’s server is away. It comes back by itself." : "As of this page’s loading"}
      </p>
      ${done === undefined ? undefined : html`<p class="done" role="status">${done}</p>`}
      ${yourPart(reader)}
      <div class="desk">
        <section aria-labelledby="segments">
          <h2 id="segments">Segments</h2>
          <p class="note">
            Readers who answered the coffee quiz. Most of them are invented; they answered by
            themselves at the first start.
          </p>
          <p class="note" data-age></p>
          <ul class="segments">
            ${segments.map(segmentOf)}
          </ul>
          <p class="none" ${segments.length === 0 ? undefined : html`hidden`}>
            No segment yet. They are counted in a moment.
          </p>
        </section>
        <section aria-labelledby="agents">
          <h2 id="agents">What agents did</h2>
          <ul class="agents">
            ${(["campaign_strategist", "toolsmith", "compliance_guard"] as const).map(
              (agent) =>
                html`<li>
                  <h3>${names[agent]}</h3>
                  <p>${duties[agent]}</p>
                  ${reachOf(agent)}
                </li>`,
            )}
          </ul>
          <p class="announced visually-hidden" role="status"></p>
          <ol class="entries" reversed>
            ${entries.map(entryOf)}
          </ol>
          <p class="none" ${entries.length === 0 ? undefined : html`hidden`}>
            Nothing yet. An agent looks when it is up.
          </p>
        </section>
      </div>`,
    "/pages/agents.ts",
    "/pages/agents.css",
  );
