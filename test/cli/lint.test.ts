// `maily lint` as its own process: every kind of file, what it prints, and its exit status.
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FileFinding } from "../../cli/lint.ts";
import { composed } from "../../cli/message.ts";
import { fillPlan } from "../../sdk/mail-plan.ts";
import { compileMail } from "../../widget/email/compile.ts";
import { espNamed, espParts } from "../../widget/email/esp.ts";
import { fiveByTen } from "../email/fixtures/fixtures.ts";
import { document } from "../email/lint-samples.ts";
import { inColumn, orchardYaml } from "../mjml/orchard.ts";

const program = fileURLToPath(new URL("../../cli/maily.js", import.meta.url));
let folder: string;

interface Run {
  readonly status: number;
  readonly out: string;
  readonly said: string;
}

const lint = (...given: string[]): Promise<Run> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [program, "lint", ...given],
      { cwd: folder, maxBuffer: 16_000_000 },
      (_, out, said) => done({ status: child.exitCode ?? -1, out, said }),
    );
  });

/** As JSON, the paths without the folder. */
async function findingsIn(...given: string[]): Promise<FileFinding[]> {
  const { out } = await lint("--json", ...given);
  // What the command promises; each test looks at what is there.
  return JSON.parse(out) as FileFinding[];
}

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

const { notice, ...definition } = fiveByTen.widget;
const plan = compileMail(
  { id: "AAAAAAAAAAA", revision: 1, definition, notice },
  { edge: "https://answers.sender.example", codes: "packed" },
);
const sound = document("<p>Hello</p>");
const broken = document('<p>Hello</p>\n<img src="https://a.example/a.png">');

const base64 = (text: string): string =>
  Buffer.from(text).toString("base64").replace(/.{76}/g, "$&\r\n");

const eml = (html: string): string =>
  [
    "From: Morgenrot <news@sender.example>",
    "To: reader@mail.example",
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
    "Date: Fri, 20 Nov 2026 20:15:00 +0000",
    "Message-ID: <1@sender.example>",
    "List-Unsubscribe: <https://e.example/u/AAAA>",
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    "MIME-Version: 1.0",
    'Content-Type: multipart/alternative; boundary="b"',
    "",
    ...[
      ["text/plain", "Hallo"],
      ["text/x-amp-html", "<!doctype html><p>no AMP</p>"],
      ["text/html", html],
    ].flatMap(([type = "", body = ""]) => [
      "--b",
      `Content-Type: ${type}; charset=utf-8`,
      "Content-Transfer-Encoding: base64",
      "",
      base64(body),
    ]),
    "--b--",
    "",
  ].join("\r\n");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-lint-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("files", () => {
  test("a sound one passes, and says so", async () => {
    await write("sound.html", sound);
    expect(await lint("sound.html")).toEqual({
      status: 0,
      out: "",
      said: "1 mail: 0 errors, 0 warnings, 0 notes\n",
    });
  });

  test("a broken one fails: where, why, how to mend it", async () => {
    await write("broken.html", broken);
    const { status, out, said } = await lint("broken.html");
    expect(status).toBe(1);
    expect(out.split("\n").slice(0, 3)).toEqual([
      "✗ broken.html (html en) 11:1 error: image-alt",
      "    A picture has no `alt`: with pictures off, or for a screen reader, its address is read out.",
      '    → Write `alt` with what it shows, or `alt=""` where it is only decoration.',
    ]);
    expect(said).toBe("1 mail: 1 error, 0 warnings, 0 notes\n");
  });

  test("more findings than somebody reads, such as `head`, is no fault of the command", async () => {
    await write("long.html", document('<img src="https://a.example/a.png">\n'.repeat(20)));
    const child = spawn(process.execPath, [program, "lint", "--json", "long.html"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let said = "";
    child.stderr.on("data", (text) => (said += text));
    await new Promise((done) => child.on("close", done));
    expect(said).not.toContain("EPIPE");
  });

  test("warnings fail only where asked", async () => {
    await write("pale.html", document('<p style="color:#bbbbbb">Hello</p>'));
    expect((await lint("pale.html")).status).toBe(0);
    expect((await lint("--strict", "pale.html")).status).toBe(1);
  });

  test("a message is read whole: encodings, AMP, headers", async () => {
    await write("message.eml", eml(broken));
    const findings = await findingsIn("message.eml");
    const told = findings.map(({ part, rule }) => `${part} ${rule}`);
    expect(told).toContain("headers dkim");
    expect(told).toContain("amp amp-validator");
    expect(told).toContain("html image-alt");
    expect(findings.find(({ rule }) => rule === "image-alt")).toMatchObject({
      file: "message.eml",
      language: "en",
      line: 11,
    });
    // Text and subject are there.
    expect(told.filter((line) => /missing|charset|order/.test(line))).toEqual([]);
  });

  test("a message that `maily` composes lacks nothing but a signature", async () => {
    const { subject, text, amp, html } = fillPlan(plan, "en", {
      invitation: "A".repeat(136),
      codes: plan.choices.map((_, index) => `code${index}`.padEnd(22, "_")),
      fields: {},
    });
    const message = await composed({
      from: "Morgenrot <news@sender.example>",
      to: "reader@mail.example",
      headers: {
        "List-Unsubscribe": { prepared: true, value: `<https://e.example/u/${"A".repeat(136)}>` },
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      },
      subject,
      text,
      ...(amp !== undefined && { amp }),
      html,
    });
    await writeFile(join(folder, "composed.eml"), message);
    expect(
      (await findingsIn("composed.eml")).map(({ rule, severity }) => [rule, severity]),
    ).toEqual([["dkim", "warning"]]);
  });

  test("a plan is looked at in every language, and as a service's template", async () => {
    await write("mail.plan.json", JSON.stringify(plan));
    expect(await findingsIn("mail.plan.json")).toEqual([]);
    const [finding, ...others] = await findingsIn("--esp", "Mandrill", "mail.plan.json");
    expect(finding).toMatchObject({ rule: "amp-carried", severity: "note" });
    expect(others).toEqual([]);
  });

  test("a template is drawn around its widget first, and its faults told with the rest", async () => {
    await write("orchard.yaml", orchardYaml);
    await write("letter.mjml", inColumn('<mj-maily widget="./orchard.yaml" />'));
    expect(
      (await findingsIn("letter.mjml")).filter(({ severity }) => severity === "error"),
    ).toEqual([]);
    await write("empty.mjml", inColumn("<mj-text>No widget</mj-text>"));
    const [fault] = await findingsIn("empty.mjml");
    expect(fault).toMatchObject({ file: "empty.mjml", rule: "template", severity: "error" });
  });

  test("parts of one mail that lie beside each other are one mail", async () => {
    await mkdir(join(folder, "mail/old"), { recursive: true });
    const { html, amp = "", text } = espParts(espNamed("sendgrid"), plan, "en");
    await write("mail/message.en.html", html);
    await write("mail/message.en.amp.html", amp);
    await write("mail/message.en.txt", text);
    await write("mail/old/half.de.html", broken);
    await write("mail/notes.md", "not a mail");
    const { status, out, said } = await lint("mail", "--esp", "sendgrid");
    expect(said).toBe("2 mails: 1 error, 0 warnings, 0 notes\n");
    expect(out).toContain(`${join("mail", "old", "half.de.html")} (html de) 11:1`);
    expect(status).toBe(1);
    // Without the service its tags are nobody's.
    const rules = new Set((await findingsIn("mail")).map(({ rule }) => rule));
    expect(rules).toContain("merge-tag");
  });
});

describe("a widget by itself", () => {
  const asked =
    "notice: { version: 1, controller: { name: Orchard, contact: a@b.example }, retentionDays: 30, text: hi, purposes: [{ id: results, text: count }] }";
  const question = "  - { id: a, kind: nps, text: { en: How, de: Wie }";
  const widget = (more: string): string =>
    `maily: 1\ntitle: T\nlanguages: [en, de, fr]\nquestions:\n${question}${more} }\n${asked}\n`;

  test("is warned of a language left out, at its line; strictly, that fails", async () => {
    await write("lunch.yaml", widget(""));
    const { status, out, said } = await lint("lunch.yaml");
    expect(out).toContain(
      "! lunch.yaml 5:1 warning: widget\n    questions.0.text: has no text in fr",
    );
    expect(said).toBe("1 mail: 0 errors, 1 warning, 0 notes\n");
    expect(status).toBe(0);
    expect((await lint("--strict", "lunch.yaml")).status).toBe(1);
  });
  test("is refused where it could not be published", async () => {
    await write("loop.yaml", widget(", next: a"));
    const { status, out } = await lint("loop.yaml");
    expect(out).toContain("✗ loop.yaml 5:1 error: widget\n    questions.0.next.0.go:");
    expect(status).toBe(1);
  });
});

describe("what cannot be linted", () => {
  test.each([
    ["a file that is not there", ["nowhere.html"], "nowhere.html cannot be found"],
    ["a file of another kind", ["notes.md"], "notes.md is none of .yaml, .eml"],
    ["an empty folder", ["nothing"], "nothing holds no mail"],
    ["an unknown service", ["--esp", "brevo", "sound.html"], "no email service is called brevo"],
    ["a plan that is none", ["package.json"], "maily:"],
  ])("%s is named, with exit status 1", async (_, given, expected) => {
    await write("notes.md", "# Notes");
    await write("package.json", '{"name":"x"}');
    await mkdir(join(folder, "nothing"), { recursive: true });
    const { status, out, said } = await lint(...given);
    expect(status).toBe(1);
    expect(out).toBe("");
    expect(said).toContain(expected);
  });

  test("wrong usage has exit status 2", async () => {
    expect((await lint()).status).toBe(2);
    expect((await lint("--edge", "nonsense", "sound.html")).status).toBe(2);
  });

  test("octets that are no message are told of, not fallen over", async () => {
    await writeFile(join(folder, "noise.eml"), Buffer.from([0, 255, 10, 58, 13, 10, 200, 0]));
    const { status, said } = await lint("noise.eml");
    expect(status).toBe(1);
    expect(said).toContain("1 mail:");
  });
});
