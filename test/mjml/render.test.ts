import { mkdtemp, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filled, inColumn, linesOf, orchardYaml, render } from "./orchard.ts";

const whole = '<mj-maily widget="./orchard.yaml" />';
const question = (id: string, more = ""): string =>
  `<mj-maily-question widget="./orchard.yaml" question="${id}" ${more}/>`;
const footer = "<mj-maily-notice /><mj-maily-preferences />";

async function htmlOf(mjml: string, context: Parameters<typeof render>[1] = {}): Promise<string> {
  const rendered = await render(mjml, context);
  expect(linesOf(rendered).filter((line) => line.startsWith("error"))).toEqual([]);
  return rendered.html ?? "";
}

/** Options' links, as question and option. */
const choicesIn = (html: string): string[] =>
  [...html.matchAll(/href="https:\/\/edge\.example\/a\/[^"]*#[^".]*?\.(\d+\.\d+)"/g)].map(
    ([, choice = ""]) => choice,
  );

describe("a template with the whole widget", () => {
  test("shows every question of its path, the notice and the links, in the author's frame", async () => {
    const html = filled(await htmlOf(inColumn(`<mj-text>Dear reader</mj-text>\n${whole}`)));
    expect(html).toContain("Dear reader");
    expect(choicesIn(html)).toEqual(["0.0", "0.1", "1.0", "1.1", "1.2", "1.3", "1.4"]);
    expect(html).toContain("https://edge.example/p/AAAAAAAAAAA?lang=en#INVITATION");
    expect(html).toContain("Count answers");
    expect(html).toMatch(/<html lang="en" dir="ltr"/);
    expect(html).toContain("<title>Your apples</title>");
  });

  test("keeps what is for Outlook on Windows alone, each part opened and closed", async () => {
    const html = await htmlOf(inColumn(whole));
    expect(html).toContain("<v:roundrect");
    expect(html.split("<!--[if ").length).toBe(html.split("<![endif]-->").length);
    // What others see once Word's parts are taken out has no conditional left in it.
    const others = html
      .replace(/<!--\[if !mso[^\]]*\]><!-->|<!--<!\[endif\]-->/g, "")
      .replace(/<!--\[if [^\]]*\]>[\s\S]*?<!\[endif\]-->/g, "");
    expect(others).not.toMatch(/endif|v:roundrect|<!--\[/);
    expect(choicesIn(filled(others))).toHaveLength(7);
  });

  test("fetches nothing from anybody", async () => {
    const html = await htmlOf(inColumn(whole));
    const addresses = [...html.matchAll(/(?:src|href)="(https?:[^"]*)"/g)].map(([, to]) => to);
    expect(addresses.length).toBeGreaterThan(5);
    expect(addresses.filter((to) => !to?.startsWith("https://edge.example/"))).toEqual([]);
    expect(html).not.toContain("@import");
  });

  test("may stand where only sections may", async () => {
    const html = await htmlOf(`<mjml><mj-body>${whole}</mj-body></mjml>`);
    expect(choicesIn(filled(html))).toHaveLength(7);
  });

  test("leaves out what the template has elements of its own for", async () => {
    const html = await htmlOf(inColumn(whole + footer));
    expect(html.split("Count answers")).toHaveLength(2);
    expect(html.split("/p/AAAAAAAAAAA?")).toHaveLength(3);
  });

  test("takes the look that its attributes say, over the theme", async () => {
    const html = await htmlOf(
      inColumn('<mj-maily accent="#a00" corners="square" font-family="Georgia, serif" />'),
    );
    expect(html).toContain("#aa0000");
    expect(html).not.toContain("#0f6e5c");
    expect(html).toContain("Georgia, serif");
    expect(html).toContain("border-radius:2px");
  });

  test("takes attributes from mj-attributes and mj-class as any element does", async () => {
    const head =
      '<mj-head><mj-attributes><mj-maily accent="#123456" /><mj-class name="w" corners="square" /></mj-attributes></mj-head>';
    const html = await htmlOf(inColumn('<mj-maily mj-class="w" />', head));
    expect(html).toContain("#123456");
    expect(html).toContain("border-radius:2px");
  });

  test("is as narrow as its column or its width", async () => {
    const html = await htmlOf(inColumn('<mj-maily width="320px" align="center" />'));
    expect(html).toContain('align="center" width="320"');
    expect(html).toContain("max-width:320px");
  });
});

describe("a template with questions of their own", () => {
  const columns = `<mjml><mj-body><mj-section>
    <mj-column>${question("kind")}</mj-column>
    <mj-column>${question("rating")}</mj-column>
  </mj-section><mj-section><mj-column>${footer}</mj-column></mj-section></mj-body></mjml>`;

  test("has each in its column, and no other", async () => {
    const html = await htmlOf(columns);
    const [, first = "", second = ""] = html.split(/class="mj-column-per-50/);
    expect(choicesIn(filled(first))).toEqual(["0.0", "0.1"]);
    expect(choicesIn(filled(second))).toEqual(["1.0", "1.1", "1.2", "1.3", "1.4"]);
  });

  test("is told of a question that is only asked after other answers", async () => {
    const rendered = await render(inColumn(question("kind") + question("why") + footer));
    expect(linesOf(rendered)).toEqual([
      "warning letter.mjml:4 `why` is only asked after other answers: a tap on it here may answer what the page never asks",
    ]);
  });

  test("is told of a question that is shown twice", async () => {
    const twice = await render(inColumn(question("kind") + question("kind") + footer));
    const beside = await render(inColumn(question("kind") + whole));
    for (const rendered of [twice, beside])
      expect(linesOf(rendered)).toEqual([
        "warning letter.mjml:4 the question `kind` is shown twice",
      ]);
    expect(linesOf(await render(inColumn(whole + whole)))).toEqual([
      "warning letter.mjml:4 the widget is shown twice",
    ]);
  });

  test("is told that it says nothing of the notice or of unsubscribing", async () => {
    const rendered = await render(inColumn(question("kind")));
    expect(linesOf(rendered)).toEqual([
      "warning letter.mjml:4 nothing here says how answers are used before a reader taps: add <mj-maily-notice />",
      "warning letter.mjml:4 the mail has no link to unsubscribe: add <mj-maily-preferences />",
    ]);
    expect(rendered.html).toBeDefined();
  });
});

test("a template with the preferences alone has their links and no question", async () => {
  const html = filled(await htmlOf(inColumn("<mj-maily-preferences />")));
  expect(choicesIn(html)).toEqual([]);
  expect(html).toContain("https://edge.example/p/AAAAAAAAAAA?lang=en#INVITATION");
});

describe("a template read from right to left", () => {
  const template = inColumn(
    `<mj-text padding="1px 2px 3px 4px" align="left"><span style="padding-left:9px;text-align:left">a</span></mj-text><mj-text>b</mj-text>${whole}`,
    "<mj-head><mj-style>.x { margin-left: 7px; float: left }</mj-style></mj-head>\n",
  );

  test("is mirrored: sides, corners, columns, and the author's own CSS", async () => {
    const html = await htmlOf(template, { language: "he" });
    expect(html).toMatch(/<html lang="he" dir="rtl"/);
    expect(html).toContain("padding:1px 4px 3px 2px");
    expect(html).toContain("padding-right:9px;text-align:right");
    expect(html).toContain("margin-right: 7px; float: right");
    expect(html).toContain("direction:rtl");
    expect(html).toContain("התפוחים שלך");
    expect(html).not.toMatch(/<div style="[^"]*text-align:left/);
  });

  test("stays as it is in its own direction", async () => {
    const html = await htmlOf(template);
    expect(html).toContain("padding:1px 2px 3px 4px");
    expect(html).toContain("margin-left: 7px; float: left");
  });

  test("that was written so is mirrored for the others", async () => {
    const written = template.replace("<mjml>", '<mjml dir="rtl">');
    expect(await htmlOf(written, { language: "he" })).toContain("padding:1px 2px 3px 4px");
    expect(await htmlOf(written)).toContain("padding:1px 4px 3px 2px");
  });
});

describe("a template in several languages", () => {
  const template = inColumn(
    `<mj-text lang="en">Good morning</mj-text><mj-text lang="he">בוקר טוב</mj-text><mj-text>For all</mj-text><mj-text lang="he">רק כאן</mj-text>${whole}`,
    '<mj-head><mj-preview lang="en">Apples!</mj-preview><mj-preview lang="he">תפוחים!</mj-preview></mj-head>\n',
  );

  test("has of neighbours with lang the one in the mail's language", async () => {
    const [english, hebrew] = [await htmlOf(template), await htmlOf(template, { language: "he" })];
    expect(english).toContain("Good morning");
    expect(english).not.toContain("בוקר טוב");
    expect(hebrew).toContain("בוקר טוב");
    expect(hebrew).not.toContain("Good morning");
    for (const html of [english, hebrew]) expect(html).toContain("For all");
  });

  test("has the only one there is where the mail's language is not among them", async () => {
    expect(await htmlOf(template)).toContain("רק כאן");
  });

  test("has its own preheader, or the widget's", async () => {
    expect(await htmlOf(template)).toContain("Apples!");
    expect(await htmlOf(template, { language: "he" })).toContain("תפוחים!");
    expect(await htmlOf(inColumn(whole))).toMatch(/display:none[^>]*>\s*Your apples/);
  });
});

describe("a column of the readers file", () => {
  const hostile = { first_name: `<b>"O'Neil" & [[id]]</b>`, id: "a/b?c&d" };

  test("is escaped in text and attributes, and percent-encoded in an address", async () => {
    const html = await htmlOf(
      inColumn(
        `<mj-text>[[first_name]] <a title="[[first_name]]" href="https://shop.example/?u=[[id]]">x</a></mj-text>${whole}`,
      ),
    );
    const read = filled(html, hostile);
    expect(read).not.toContain("<b>");
    expect(read).toContain("&lt;b&gt;&quot;O&#39;Neil&quot; &amp; [[id]]&lt;/b&gt; <a");
    expect(read).toContain('href="https://shop.example/?u=a%2Fb%3Fc%26d"');
  });

  test.each([
    ['<a href="[[link]]">x</a>', "link", "an address begins with https://"],
    ['<span style="color:[[colour]]">x</span>', "colour", "it may stand in text"],
    ["<a [[attribute]]>x</a>", "attribute", "it may stand in text"],
  ])("is refused in %s", async (markup, name, why) => {
    const rendered = await render(inColumn(`<mj-text>\n${markup}</mj-text>${whole}`));
    expect(linesOf(rendered)).toEqual([
      expect.stringContaining(`error letter.mjml:5 [[${name}]] cannot stand here: ${why}`),
    ]);
    expect(rendered.html).toBeUndefined();
  });

  test("is refused in a style sheet", async () => {
    const head = "<mj-head><mj-style>.x { color: [[colour]] }</mj-style></mj-head>\n";
    const rendered = await render(inColumn(whole, head));
    expect(linesOf(rendered)).toEqual([
      "error letter.mjml:2 [[colour]] cannot stand here: a style sheet cannot hold a reader's own value",
    ]);
  });

  test("that the file does not have is named with those it has", async () => {
    const rendered = await render(inColumn(`<mj-text>\n[[nick]]</mj-text>${whole}`), {
      columns: ["id", "first_name"],
    });
    expect(linesOf(rendered)).toEqual([
      "error letter.mjml:5 the readers file has no column `nick`; it has id, first_name",
    ]);
  });

  test("with a name that no column has is refused", async () => {
    const rendered = await render(inColumn(`<mj-text>[[first name]]</mj-text>${whole}`));
    expect(linesOf(rendered)).toEqual([expect.stringContaining("[[first name]] names no column")]);
  });
});

test("the widget follows into the dark only where the template goes there itself", async () => {
  const dark =
    "<mj-head><mj-style>@media (prefers-color-scheme: dark) { body { color: #fff } }</mj-style></mj-head>\n";
  expect(await htmlOf(inColumn(whole, dark))).toMatch(/prefers-color-scheme:\s?dark\)\{\.m-ground/);
  expect(await htmlOf(inColumn(whole))).not.toContain("prefers-color-scheme");
});

test("a widget that would be clipped leaves questions to the page", async () => {
  const long = `<mj-text>${"An orchard is a place of patience. ".repeat(2_300)}</mj-text>`;
  const rendered = await render(inColumn(`${long}${whole}`));
  const html = filled(rendered.html ?? "");
  expect(linesOf(rendered)).toEqual([]);
  expect(choicesIn(html).length).toBeLessThan(7);
  expect(Buffer.byteLength(html)).toBeLessThan(90_000);
  const longer = await render(inColumn(`${long}${long}${whole}`));
  expect(linesOf(longer)).toEqual([expect.stringContaining("Gmail clips at about 102,000")]);
});

describe("an error is told by its line", () => {
  test.each([
    ["no text at all", "", "1 Parsing failed"],
    ["no MJML", "<p>x</p>", "1 a template begins with <mjml>, not with <p>"],
    ["no body", "<mjml></mjml>", "1 there is no <mj-body>"],
    ["no widget", inColumn("<mj-text>x</mj-text>"), "2 the template shows nothing of the widget"],
    ["an open tag", inColumn(`<mj-text>\n${whole}`), "4 <mj-text> is never closed"],
    ["a tag too much", inColumn(`${whole}\n</mj-text>`), "5 </mj-text> closes nothing"],
    ["an unknown element", inColumn(`${whole}\n<mj-quiz />`), "5 Element mj-quiz doesn't exist"],
    ["an unknown attribute", inColumn('<mj-maily\n size="1" />'), "4 Attribute size is illegal"],
    [
      "a wrong place",
      `<mjml><mj-body><mj-text>a</mj-text>\n${whole}</mj-body></mjml>`,
      "1 mj-text cannot be used inside mj-body",
    ],
    [
      "a colour by name",
      inColumn('\n<mj-maily accent="teal" />'),
      '5 accent="teal" must be a colour such as #0b5fff',
    ],
    [
      "a shape there is not",
      inColumn('<mj-maily corners="oval" />'),
      "4 Attribute corners has invalid value",
    ],
    [
      "an unknown question",
      inColumn(question("size")),
      '4 there is no question `size`; write question="…" with one of: kind, rating, why',
    ],
    ["a question unsaid", inColumn("<mj-maily-question />"), "4 which question?"],
    [
      "another widget",
      inColumn('<mj-maily widget="tea.yaml" />'),
      '4 widget="tea.yaml" is not the widget that is compiled',
    ],
    [
      "a file of elsewhere",
      inColumn(`${whole}\n<mj-include path="../../secret.mjml" />`),
      "5 the file of mj-include cannot be read, or is outside the template's folder",
    ],
    [
      "a slot of ours",
      inColumn(`${whole}\n<mj-text>~maily.code.0.0~</mj-text>`),
      "5 ~maily. is how Maily marks its own slots",
    ],
  ])("%s", async (_, mjml, expected) => {
    const rendered = await render(mjml);
    expect(rendered.html).toBeUndefined();
    expect(linesOf(rendered).filter((line) => line.startsWith("error"))).toContainEqual(
      expect.stringContaining(`error letter.mjml:${expected}`),
    );
  });

  test("of a file that is included, in that file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "maily-mjml-"));
    await mkdir(join(folder, "parts"));
    await writeFile(
      join(folder, "parts", "foot.mjml"),
      `<mj-section><mj-column>\n<mj-text wide="1">[[a b]]</mj-text>${footer}</mj-column></mj-section>`,
    );
    const file = join(folder, "letter.mjml");
    const mjml = `<mjml><mj-body>${whole}<mj-include path="./parts/foot.mjml" /></mj-body></mjml>`;
    await writeFile(file, mjml);
    const { faults, files } = await render(mjml, { file });
    expect(faults.map(({ line, message }) => `${line} ${message}`)).toEqual([
      expect.stringContaining("2 [[a b]] names no column"),
      "2 Attribute wide is illegal",
    ]);
    for (const fault of faults) expect(fault.file).toMatch(/foot\.mjml$/);
    expect(files).toEqual([file, join(folder, "parts", "foot.mjml")]);
  });

  test("and there are only so many of them", async () => {
    const { faults } = await render(inColumn("<mj-text>".repeat(500)));
    expect(faults.length).toBeLessThanOrEqual(50);
  });

  test.each([
    ["tags that never end", "<mj".repeat(80_000)],
    ["tags that are never closed", "<mj-text>".repeat(25_000)],
    ["elements that nest for ever", `<mjml>${"<mj-section>".repeat(20_000)}`],
    ["quotation marks", `<mj-text a="${"<mj-text '".repeat(25_000)}`],
    ["spaces", inColumn(`<mj-text>${" ".repeat(250_000)}x</mj-text>`)],
    ["columns without end", inColumn(`<mj-text>${"[[a]]".repeat(50_000)}</mj-text>`)],
    [
      "columns in one tag",
      inColumn(`<mj-text><a title="${"b".repeat(200_000)}[[a]]">x</a></mj-text>`),
    ],
  ])("however hostile the file: %s", async (_, mjml) => {
    const { html, faults } = await render(mjml);
    expect(html).toBeUndefined();
    expect(faults.length).toBeGreaterThan(0);
  });

  test("of a file that is too large", async () => {
    const { faults } = await render(`<mjml>${" ".repeat(300_000)}</mjml>`);
    expect(faults.map(({ message }) => message)).toEqual(["the file is over 262144 characters"]);
  });
});

test("an author's hostile texts stay texts, also where MJML writes the whole document again", async () => {
  const hostile = `</script><b>"x"</b> {{name}} *|NAME|* ~maily.codes~ [[id]]`;
  const yaml = orchardYaml.replace("en: Your apples", `en: '${hostile}'`);
  for (const head of [
    "",
    '<mj-head><mj-style inline="inline">.m-ink { word-spacing: 0 }</mj-style></mj-head>\n',
  ]) {
    const html = await htmlOf(inColumn(whole, head), { yaml });
    // Throws for a token that is no slot; a slot of ours in a title would be filled.
    const read = filled(html, { id: "FILLED" });
    expect(read).not.toMatch(/<b>|\{\{|\*\||~maily|\[\[|FILLED/);
    expect(read).toContain("&lt;b&gt;&quot;x&quot;&lt;/b&gt;");
    expect(choicesIn(read)).toHaveLength(7);
  }
});
