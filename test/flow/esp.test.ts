// Every sending service that carries AMP: what `maily compile` and `maily mint` write for it, merged by its rules, is a mail
// whose answer is counted.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { csvRows } from "../../cli/csv.ts";
import { readExpression } from "../../demo/amp-expression.ts";
import type { Scope, Value } from "../../demo/amp-values.ts";
import { codesFor, espNamed, espNames } from "../../widget/email/esp.ts";
import { csvOf } from "../cli/minting.ts";
import { after, stateOf, tagsOf, type Tag } from "../email/amp-tags.ts";
import { resultsWith, startProduct, type Product } from "./product.ts";

const sender = "hello@quince.example";
const carriers = espNames.filter((name) =>
  ["yes", "on-application"].includes(espNamed(name).amp.carries),
);

// Eleven options: the codes fit the shortest field, Braze's.
const widget = `maily: 1
title: Quinces {{first_name}} *|FNAME|* %recipient.name%
languages: [en]
layout: all
questions:
  - id: fruit
    kind: dropdown
    text: Which?
    required: true
    options: [{ id: pear, text: "50 %% off" }, { id: medlar, text: "{{maily_codes}}" }, { id: quince, text: "{% raw %}" }]
  - id: uses
    kind: multiple-choice
    text: For what?
    options: [{ id: jelly, text: Jelly }, { id: paste, text: "%%maily_codes%%" }, { id: tart, text: Tart }]
  - { id: liking, kind: rating, text: How much? }
notice:
  version: 1
  controller: { name: Quince Society, contact: privacy@quince.example }
  retentionDays: 30
  text: We count.
  purposes: [{ id: results, text: Count answers, required: true }]
`;

type Row = Readonly<Record<string, string>>;

/** What a service makes of one tag, as its documentation has it and apart from widget/email/esp: [tag, column, from, to]. */
const languages: Readonly<Record<string, readonly RegExp[]>> = {
  handlebars: [/\{\{\{?(?<column>\w+)\}?\}\}/g],
  recipient: [/%recipient\.(?<column>\w+)%/g],
  braze: [
    /\{\{custom_attribute\.\$\{(?<column>\w+)\}(?: \| slice: (?<from>\d+), (?<count>\d+))?\}\}/g,
  ],
  customerio: [/\{\{customer\.(?<column>\w+)(?: \| slice: (?<from>\d+), (?<count>\d+))?\}\}/g],
  klaviyo: [/\{\{person\|lookup:'(?<column>\w+)'(?:\|slice:'(?<from>\d+):(?<to>\d+)')?\}\}/g],
  salesforce: [
    /%%(?<column>\w+)%%/g,
    /%%=Substring\((?<column>\w+),(?<first>\d+),(?<count>\d+)\)=%%/g,
  ],
};
const languageOf: Readonly<Record<string, string>> = {
  sendgrid: "handlebars",
  ses: "handlebars",
  sparkpost: "handlebars",
  iterable: "handlebars",
  mailgun: "recipient",
};

function merged(name: string, template: string, row: Row): string {
  const tags = languages[languageOf[name] ?? name];
  if (tags === undefined) throw new Error(`nobody wrote down how ${name} merges`);
  return tags.reduce(
    (text, tag) =>
      text.replace(tag, (...found) => {
        const { column = "", from, first, count, to } = found.at(-1) as Record<string, string>; // Named groups come last.
        const value = row[column];
        if (value === undefined) throw new Error(`the file has no column ${column}`);
        const begin = first === undefined ? Number(from ?? 0) : Number(first) - 1;
        const end = to ?? (count === undefined ? value.length : begin + Number(count));
        return value.slice(begin, Number(end));
      }),
    template,
  );
}

interface Choice {
  readonly fruit: number;
  readonly uses: readonly number[];
  readonly liking: number;
}

/** The form as amp-form posts it after these taps. */
function formOf(amp: string, { fruit, uses, liking }: Choice): URLSearchParams {
  const tags = tagsOf(amp);
  const input = (question: number, option: number): Tag => {
    const found = tags.find(({ attributes }) => attributes["id"] === `q${question}-${option}`);
    if (found === undefined) throw new Error(`no input of option ${option}`);
    return found;
  };
  const taps = [...uses.map((option) => input(1, option)), input(2, liking)];
  let state: Scope = stateOf(amp);
  const select = tags.find(({ name }) => name === "select")!;
  state = after(state, select, "change", { value: String(fruit) });
  for (const tap of taps) state = after(state, tap, "change", { checked: true });
  const form = new URLSearchParams();
  for (const tag of tags) {
    const { name = "", value = "", type, disabled } = tag.attributes;
    if (tag.name !== "input" || name === "") continue;
    const bound = (attribute: string, plain: Value): Value => {
      const expression = tag.attributes[`[${attribute}]`];
      return expression === undefined ? plain : readExpression(expression)(state);
    };
    if (bound("disabled", disabled !== undefined) === true) continue;
    const sent = bound("value", value);
    if (typeof sent !== "string") throw new Error(`${name} is no text`);
    if (type === "hidden") form.append(name, sent);
    // Outside the form where codes are packed: what is not the form's is not posted.
    else if (taps.includes(tag) && name.startsWith("q.")) form.append(name, value);
  }
  return form;
}

let product: Product;
let folder = "";
let campaign = "";

const program = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const maily = (...args: string[]): Promise<string> =>
  new Promise((resolve, reject) =>
    execFile(process.execPath, [program, ...args], { cwd: folder }, (error, out) =>
      error === null ? resolve(out) : reject(error),
    ),
  );

beforeAll(async () => {
  product = await startProduct();
  ({ folder } = product);
  await writeFile(join(folder, "quinces.yaml"), widget);
  const rows = carriers.map((name) => `${name},eu,en\n`);
  await writeFile(join(folder, "readers.csv"), `id,region,language\n${rows.join("")}`);
  const how = ["--regions", "eu", "--senders", sender, "--closes", "2099-01-01"];
  const { edge } = product.running;
  campaign = (await maily("publish", "quinces.yaml", "--edge", edge, ...how)).trim();
}, 120_000);
afterAll(() => product.stop());

/** What the marketer uploads: the AMP part, and the reader's row. */
async function uploaded(name: string): Promise<{ amp: string; row: Row }> {
  const where = ["--edge", product.running.edge, "--campaign", campaign, "--esp", name];
  await maily("compile", "quinces.yaml", ...where, "--out", name);
  const plan = ["--plan", join(name, "mail.plan.json"), "--readers", "readers.csv"];
  const csv = await maily("mint", ...where, ...plan);
  const rows: string[][] = [];
  for await (const batch of csvRows(csvOf(csv)))
    for (const row of batch) rows.push("cells" in row ? [...row.cells] : []);
  const [columns = [], ...readers] = rows;
  const own = readers.find(([id]) => id === name) ?? [];
  return {
    amp: await readFile(join(folder, name, "message.en.amp.html"), "utf8"),
    row: Object.fromEntries(columns.map((column, index) => [column, own[index] ?? ""])),
  };
}

const choiceOf = (index: number): Choice => ({
  fruit: index % 3,
  uses: [index % 3, (index + 1) % 3],
  liking: index % 5,
});

describe("an answer inside a mail that was sent by", () => {
  test.each(carriers.map((name, index) => [name, index] as const))(
    "%s is taken",
    async (name, index) => {
      const { amp, row } = await uploaded(name);
      const mail = merged(name, amp, row);
      const { action } = /action-xhr="(?<action>[^"]+)"/.exec(mail)?.groups ?? {};
      const response = await fetch(action ?? "", {
        method: "POST",
        body: formOf(mail, choiceOf(index)),
        headers: { "amp-email-sender": sender },
      });
      expect(response.status).toBe(202);
    },
  );
});

test("what is fetched at send time is the same mail, and comes from nobody's invitation but the reader's", async () => {
  const server = product.running.servers.eu;
  const where = ["--edge", product.running.edge, "--campaign", campaign];
  await maily("compile", "quinces.yaml", ...where, "--upload", "--server", server);
  for (const name of ["braze", "customerio", "iterable", "salesforce"] as const) {
    const { amp, row } = await uploaded(name);
    const snippet = espNamed(name).fetch?.snippet(server, "amp") ?? "";
    // AMPscript joins texts and attributes itself; the others merge tags into an address.
    const joined = snippet.replace(
      /Concat\("(?<text>[^"]*)",(?<column>\w+)\)/,
      (_all, text: string, column: string) => `${text}${row[column] ?? ""} `,
    );
    const asked = joined === snippet ? merged(name, snippet, row) : joined;
    const { address = "" } = /(?<address>http[^\s"]+)/.exec(asked)?.groups ?? {};
    const response = await fetch(address);
    expect(response.status).toBe(200);
    const body = await response.text();
    // A data feed answers all parts, of which the template takes one.
    const fetched = name === "iterable" ? (JSON.parse(body) as { amp: string }).amp : body;
    // Packed codes are posted in another order than those in their places.
    const posted = (mail: string): string => {
      const form = formOf(mail, choiceOf(4));
      form.sort();
      return form.toString();
    };
    expect(posted(fetched)).toBe(posted(merged(name, amp, row)));
    expect(posted(fetched)).toContain(row["maily_codes"]?.slice(22, 44));
    const other = address.replace(row["maily_invitation"] ?? "", (text) => `B${text.slice(1)}`);
    expect((await fetch(other)).status).toBeGreaterThanOrEqual(400);
  }
}, 60_000);

test("all of them count, each as what was tapped, whether codes are packed or each in its place", async () => {
  expect(new Set(carriers.map((name) => codesFor(espNamed(name))))).toEqual(
    new Set(["direct", "packed"]),
  );
  const { questions } = await resultsWith(product, "eu", campaign, carriers.length);
  const times = (holds: (choice: Choice) => boolean): number =>
    carriers.filter((_, index) => holds(choiceOf(index))).length;
  const counts = (question: number): number[] | undefined =>
    questions[question]?.options?.map(({ count }) => count);
  expect(counts(0)).toEqual([0, 1, 2].map((option) => times(({ fruit }) => fruit === option)));
  expect(counts(1)).toEqual([0, 1, 2].map((option) => times(({ uses }) => uses.includes(option))));
  expect(questions[2]?.numbers?.histogram).toEqual(
    [0, 1, 2, 3, 4].map((option) => ({
      value: option + 1,
      count: times(({ liking }) => liking === option),
    })),
  );
}, 30_000);
