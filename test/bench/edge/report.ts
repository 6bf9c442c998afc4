// The figures as one table: a column a contender, a row a figure. On a terminal, as JSON, and in docs/edge-performance.md.
import { readFile, writeFile } from "node:fs/promises";
import type { FaultFigures } from "./fault.ts";
import { tailMillisecondsMax, type Measured, type Round, type Step } from "./measure.ts";
import { processorOf } from "./measure.ts";

export interface Column {
  readonly name: string;
  readonly closed: Round;
  readonly steps: readonly Step[];
  /** The highest rate that was held. */
  readonly held: number;
  /** The generator, not the contender, ended the rise. */
  readonly generator: boolean;
  readonly killed?: FaultFigures;
}

export interface Report {
  readonly at: string;
  readonly machine: string;
  readonly quick: boolean;
  readonly columns: readonly Column[];
}

type Row = readonly [label: string, cell: (column: Column) => string];

const none = "–";
const count = (value: number): string =>
  Number.isFinite(value) ? Math.round(value).toLocaleString("en") : none;
const ms = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(value < 10 ? 1 : 0) : none;

const stepAt = ({ steps }: Column, perSecond: number): Measured | undefined =>
  steps.find((step) => step.perSecond === perSecond)?.measured;

const sum = (measured: Measured, key: "writtenBytes" | "peakBytes"): number =>
  measured.costs.reduce((total, cost) => total + cost[key], 0);

/** Where the figures that are an answer's own are read: what every contender can hold. */
const usualRate = 1_000;

const latencyRows = (perSecond: number): Row[] => [
  [
    `acknowledged at ${count(perSecond)}/s: p50, p99, p99.9 ms`,
    (column) => {
      const latency = stepAt(column, perSecond)?.run.latency;
      return latency === undefined
        ? none
        : `${ms(latency.p50)}, ${ms(latency.p99)}, ${ms(latency.p999)}`;
    },
  ],
  [
    `seen by a consumer at ${count(perSecond)}/s: p50, p99 ms`,
    (column) => {
      const seen = stepAt(column, perSecond)?.seen;
      return seen === undefined ? none : `${ms(seen.p50)}, ${ms(seen.p99)}`;
    },
  ],
];

function costRows(): Row[] {
  const usual =
    (cell: (measured: Measured) => string) =>
    (column: Column): string => {
      const measured = stepAt(column, usualRate);
      return measured === undefined ? none : cell(measured);
    };
  return [
    [
      `processor time an answer at ${count(usualRate)}/s, µs`,
      usual((measured) =>
        measured.costs.length === 1
          ? count(processorOf(measured))
          : `${count(processorOf(measured))} (${measured.costs
              .map((cost) => `${cost.process} ${count(cost.processorMicroseconds)}`)
              .join(", ")})`,
      ),
    ],
    ["written to disk an answer, bytes", usual((measured) => count(sum(measured, "writtenBytes")))],
    ["memory at its peak, MB", usual((measured) => count(sum(measured, "peakBytes") / 1e6))],
  ];
}

const killedRow = (label: string, cell: (killed: FaultFigures) => string): Row => [
  label,
  ({ killed }) => (killed === undefined ? none : cell(killed)),
];

function rowsOf({ columns }: Report): Row[] {
  const base = columns[0]?.closed.perSecond ?? Number.NaN;
  return [
    ["answers/s, 32 connections, each at once its next", ({ closed }) => count(closed.perSecond)],
    ["of bare Hono", ({ closed }) => (closed.perSecond / base).toFixed(2)],
    ["processor time an answer there, µs", ({ closed }) => count(closed.processorMicroseconds)],
    [
      `highest rate with p99 ≤ ${tailMillisecondsMax} ms, answers/s`,
      ({ held, generator }) => `${count(held)}${generator ? " (the generator's end)" : ""}`,
    ],
    ...latencyRows(500),
    ...latencyRows(1_000),
    ...costRows(),
    killedRow(
      "broker killed for 7 s at 300/s: acknowledged of sent",
      ({ acknowledged, asked }) => `${count(acknowledged)} of ${count(asked)}`,
    ),
    killedRow(
      "… acknowledged and lost; in the topic twice",
      ({ lost, doubled }) => `${lost}; ${doubled}`,
    ),
    killedRow("… acknowledged: p50, p99 ms", ({ p50, p99 }) => `${ms(p50)}, ${ms(p99)}`),
  ];
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** GitHub's Markdown; figures to the right. */
export function tableOf(report: Report): string {
  const rows = rowsOf(report).map(([label, cell]) => [label, ...report.columns.map(cell)]);
  // A row that says nothing of anyone is none.
  const told = rows.filter(([, ...cells]) => cells.some((cell) => cell !== none));
  return [
    line(["", ...report.columns.map(({ name }) => name)]),
    line(["---", ...report.columns.map(() => "---:")]),
    ...told.map(line),
  ].join("\n");
}

/** The same for a terminal, in columns. */
export function terminalTable(report: Report): string {
  const cells = tableOf(report)
    .split("\n")
    .filter((_, index) => index !== 1)
    .map((row) => row.slice(2, -2).split(" | "));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("   "),
    )
    .join("\n");
}

/** Single times and ids left out: a hundred thousand of them say less than their percentiles. */
export const jsonOf = (report: Report): string =>
  JSON.stringify(
    report,
    (key, value: unknown) => (key === "times" || key === "dueOf" ? undefined : value),
    2,
  );

export const markersOf = (name: string): readonly [begin: string, end: string] => [
  `<!-- bench:${name} -->`,
  `<!-- /bench:${name} -->`,
];

/** The text with what is between a name's two markers replaced. Throws Error where the markers are not there once, in order. */
export function withBlock(text: string, name: string, block: string): string {
  const [begin, end] = markersOf(name);
  const [before = "", rest, ...others] = text.split(begin);
  const [, after, ...more] = (rest ?? "").split(end);
  const isOnce = others.length === 0 && more.length === 0;
  if (rest === undefined || after === undefined || !isOnce)
    throw new Error(`the page needs ${begin} and ${end} once, in this order`);
  return `${before}${begin}\n${block}\n${end}${after}`;
}

export const page = new URL("../../../docs/edge-performance.md", import.meta.url);

/** Writes a block into docs/edge-performance.md. */
export async function writeBlock(name: string, block: string, into: URL = page): Promise<void> {
  await writeFile(into, withBlock(await readFile(into, "utf8"), name, block));
}

/** What a reader of the table has to know first. */
export const captionOf = ({ at, machine, quick }: Report): string =>
  `${at.slice(0, 10)}, ${machine}${quick ? ", a quick run on a machine that did other things too" : ""}.`;
