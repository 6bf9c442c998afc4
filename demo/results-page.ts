// The live results of one region: whole without JavaScript, and followed by pages/results.ts with it.
import type { Region } from "../sdk/region.ts";
import type { OptionResult, Results } from "../sdk/schema/results.ts";
import { html, type Markup } from "./html.ts";
import { inventedRegion } from "./invented/readers.ts";
import { pageFrame, regionNames } from "./page-frame.ts";

type QuestionResults = Results["questions"][number];

const row = (key: string, label: string, count: number | string, share: number): Markup =>
  html`<tr>
    <th scope="row">${label}</th>
    <td>
      <span class="bar" aria-hidden="true"
        ><span data-bar="${key}" data-share="${share}"></span
      ></span>
    </td>
    <td class="count" data-value="${key}">${count}</td>
  </tr>`;

const shareOf = (count: number, answered: number): number =>
  answered === 0 ? 0 : count / answered;

const columnsOf = (question: QuestionResults): Markup | undefined =>
  question.numbers === undefined || question.numbers.histogram.length === 0
    ? undefined
    : html`<ul class="columns" aria-label="Readers by value">
        ${question.numbers.histogram.map(
          ({ value, count }) =>
            html`<li>
              <span class="count" data-value="${question.id}=${value}">${count}</span>
              <span class="column" aria-hidden="true"
                ><span
                  data-bar="${question.id}=${value}"
                  data-share="${shareOf(count, question.answered)}"
                ></span
              ></span>
              <span class="value"><span class="visually-hidden">answered </span>${value}</span>
            </li>`,
        )}
      </ul>`;

/** Counts by row and column; the bar behind each says its share. */
const matrixOf = ({ id, text, matrix }: QuestionResults): Markup | undefined =>
  matrix === undefined
    ? undefined
    : html`<table class="matrix">
        <caption class="visually-hidden">
          ${text}
        </caption>
        <thead>
          <tr>
            <td></td>
            ${matrix.columns.map((column) => html`<th scope="col">${column.text}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${matrix.rows.map(
            (line) =>
              html`<tr>
                <th scope="row">${line.text}</th>
                ${line.cells.map(
                  ({ count }, index) =>
                    html`<td
                      class="count"
                      data-value="${id}/${line.id}:${matrix.columns[index]?.id ?? ""}"
                    >
                      ${count}
                    </td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>`;

function numbersOf(question: QuestionResults): Markup | undefined {
  const { numbers } = question;
  if (numbers === undefined) return undefined;
  const mean = numbers.mean === null ? "–" : numbers.mean.toFixed(1);
  const nps = html`, NPS <b data-value="${question.id}/nps">${numbers.nps ?? "–"}</b>`;
  return html`${columnsOf(question)}
    <p class="note">
      Mean <b data-value="${question.id}/mean">${mean}</b>${
        question.kind === "nps" ? nps : undefined
      }
    </p>`;
}

/** Of shared points their mean: every reader gives each option some, or none. */
const numberOf = ({ count, meanPoints }: OptionResult): number | string =>
  meanPoints === undefined ? count : (meanPoints?.toFixed(1) ?? "–");

const questionOf = (question: QuestionResults): Markup =>
  html`<section class="question">
    <h3>${question.text}</h3>
    <p class="answered">
      <span data-value="${question.id}/answered">${question.answered}</span> answered
    </p>
    ${
      question.options === undefined
        ? undefined
        : html`<table>
            <caption class="visually-hidden">
              ${question.text}
            </caption>
            <thead class="visually-hidden">
              <tr>
                <th scope="col">Option</th>
                <th scope="col">Share</th>
                <th scope="col">
                  ${question.kind === "constant-sum" ? "Points on average" : "Readers"}
                </th>
              </tr>
            </thead>
            <tbody>
              ${question.options.map((option) => row(`${question.id}/${option.id}`, option.text, numberOf(option), option.share))}
            </tbody>
          </table>`
    }
    ${matrixOf(question)} ${numbersOf(question)}
    ${question.texts === undefined ? undefined : html`<p class="note">Texts are counted, not shown: nothing that readers type leaves the region's store unredacted.</p>`}
  </section>`;

const outcomesOf = (results: Results): Markup | undefined =>
  results.outcomes === undefined || results.outcomes.length === 0
    ? undefined
    : html`<section class="question">
        <h3>Outcome</h3>
        <p class="answered">by what was answered</p>
        <table>
          <caption class="visually-hidden">
            Outcomes
          </caption>
          <tbody>
            ${results.outcomes.map(
              (outcome) =>
                html`<tr>
                  <th scope="row">${outcome.title}</th>
                  <td></td>
                  <td class="count" data-value="outcome/${outcome.id}">${outcome.count}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </section>`;

/** What was calculated of answers, and what links and sites brought. */
const valuesOf = ({ calculated = [], hidden = [] }: Results): Markup | undefined =>
  calculated.length + hidden.length === 0
    ? undefined
    : html`<section class="question">
        <h3>Values</h3>
        <p class="answered">calculated, or brought by the link</p>
        <table>
          <caption class="visually-hidden">
            Values
          </caption>
          <tbody>
            ${calculated.map(
              ({ id, mean }) =>
                html`<tr>
                  <th scope="row">${id}, mean</th>
                  <td></td>
                  <td class="count" data-value="calculated/${id}">
                    ${mean === null ? "–" : mean.toFixed(1)}
                  </td>
                </tr>`,
            )}
            ${hidden.map(
              ({ id, answered }) =>
                html`<tr>
                  <th scope="row">${id}, readers</th>
                  <td></td>
                  <td class="count" data-value="hidden/${id}">${answered}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </section>`;

/** How far readers came, of those who agreed to be watched. */
const funnelOf = ({ funnel, questions }: Results): Markup | undefined =>
  funnel === undefined
    ? undefined
    : html`<section class="question">
        <h3>The way</h3>
        <p class="answered">of readers who agreed to be watched</p>
        <table>
          <caption class="visually-hidden">
            How far readers came
          </caption>
          <tbody>
            ${row("funnel/viewed", "opened it", funnel.viewed, 1)}
            ${row("funnel/started", "began", funnel.started, shareOf(funnel.started, funnel.viewed))}
            ${funnel.questions.map(({ id, seen }) =>
              row(
                `funnel/question/${id}`,
                questions.find((question) => question.id === id)?.text ?? id,
                seen,
                shareOf(seen, funnel.viewed),
              ),
            )}
            ${row("funnel/sent", "sent", funnel.sent, shareOf(funnel.sent, funnel.viewed))}
          </tbody>
        </table>
      </section>`;

const campaignOf = (results: Results): Markup =>
  html`<section class="campaign" data-campaign="${results.campaign}">
    <h2>${results.title}</h2>
    <p class="totals">
      <span>Readers <b data-value="answers">${results.answers}</b></span
      >${
        results.visitors === undefined
          ? undefined
          : html`<span>From sites <b data-value="visitors">${results.visitors}</b></span>`
      }<span>Submissions <b data-value="submissions">${results.submissions}</b></span>
    </p>
    <div class="questions">
      ${results.questions.map(questionOf)}${outcomesOf(results)}${valuesOf(results)}${funnelOf(results)}
    </div>
  </section>`;

export const resultsPage = (region: Region, all: readonly Results[]): Markup =>
  pageFrame(
    `Results, ${regionNames[region]}`,
    `/results/${region}`,
    html`<h1>${regionNames[region]}</h1>
      <p class="lead">
        Only this region's server has the key that opens these answers, and only counts leave
        it.${
          region === inventedRegion
            ? " Most readers of the coffee quiz here are invented: they answered by themselves at the first start."
            : ""
        }
      </p>
      <p class="live" role="status" data-state="waiting">Numbers as of this page's loading</p>
      ${all.map(campaignOf)}`,
    "/pages/results.ts",
  );
