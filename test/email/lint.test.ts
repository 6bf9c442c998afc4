// Each rule of text/html, text/plain and merge tags: a sample that it passes, and one that it finds at its place.
import { describe, expect, test } from "vitest";
import { espNamed } from "../../widget/email/esp.ts";
import { document, invitation, lintParts, toldOf } from "./lint-samples.ts";

const edge = "https://answers.sender.example";
const page = `${edge}/a/AAAAAAAAAAA`;

const arabic = (attributes: string) =>
  `<!doctype html><html lang="ar"${attributes}><head><title>x</title></head><body><p>مرحبا</p></body></html>`;

const severityOf = async (href: string) =>
  (await lintParts({ html: document(`<a href="${href}">Go</a>`) })).map(
    (finding) => finding.severity,
  );

const link = (attributes: string, href = `${page}?lang=en#${invitation}.0.1`) =>
  document(`<a ${attributes} href="${href}">Yes</a>`);
const trackingOf = async (html: string, name: string) =>
  (await lintParts({ html }, { alone: true, esp: espNamed(name) })).map(({ rule }) => rule);

const on = (ground: string, size: string) =>
  `<div style="background:${ground}"><p style="color:#949494;font-size:${size}">Text</p></div>`;

const preheader = (style: string) => toldOf(`<div style="${style};color:#fff">Preheader</div>`);

const button = (padding: number) =>
  `<a href="https://a.example/" style="display:inline-block;padding:${padding}px 20px;font:600 16px/22px Arial,sans-serif;color:#000000">Send</a>`;

const rules = async (text: string, name: string) =>
  (await lintParts({ text }, { alone: true, esp: espNamed(name) })).map(({ rule }) => rule);

const arabicTold = async (attributes: string) =>
  (await lintParts({ html: arabic(attributes) })).map(
    ({ rule, severity }) => `${severity} ${rule}`,
  );

const severities = async (padding: number) =>
  (await lintParts({ html: document(button(padding)) })).map(
    ({ rule, severity }) => `${severity} ${rule}`,
  );

describe("structure", () => {
  test("says nothing of a sound document", async () => {
    expect(await toldOf(`<p>Hello</p><a href="${page}#${invitation}.0.1">Yes</a>`)).toEqual([]);
  });

  test("finds a picture without alt and takes an empty one", async () => {
    expect(await toldOf('<p>Hi</p>\n<img src="https://a.example/a.png">')).toEqual([
      "image-alt 11:1",
    ]);
    expect(await toldOf('<img src="https://a.example/a.png" alt="">')).toEqual([]);
  });

  test("finds a link without text, and takes a picture's alt or an aria-label for one", async () => {
    const empty = '<p>Go: <a href="https://a.example/"><span>&nbsp;</span></a></p>';
    expect(await toldOf(empty)).toEqual(["link-text 10:8"]);
    expect(
      await toldOf(
        '<a href="https://a.example/"><img src="https://a.example/a.png" alt="Home"></a>' +
          '<a href="https://a.example/" aria-label="Home"></a>',
      ),
    ).toEqual([]);
  });

  test("finds an element that is never closed, at where it begins", async () => {
    expect(await toldOf("<p>One</p>\n<div><table><tr><td>Two</td></tr></div>")).toEqual([
      "unclosed-element 11:6",
    ]);
    // Their ends may be left out.
    expect(await toldOf("<p>One<p>Two<ul><li>Three<li>Four</ul><br>")).toEqual([]);
  });

  test("finds scripts, frames and handlers, which no client keeps", async () => {
    expect(await toldOf('<script>1</script>\n<iframe></iframe>\n<p onclick="x()">Tap</p>')).toEqual(
      ["stripped-element 10:1", "stripped-element 11:1", "stripped-element 12:1"],
    );
  });

  test("finds a document without language, direction and title", async () => {
    const bare = "<!doctype html>\n<html>\n<body><p>Hi</p></body></html>";
    const findings = await lintParts({ html: bare });
    expect(findings.map(({ rule, severity, line }) => [rule, severity, line])).toEqual([
      ["document-language", "error", 2],
      ["document-direction", "warning", 2],
      ["document-title", "warning", 2],
    ]);
  });

  test("wants a direction where the language runs from right to left", async () => {
    expect(await arabicTold("")).toEqual(["error document-direction"]);
    expect(await arabicTold(' dir="ltr"')).toEqual(["error document-direction"]);
    expect(await arabicTold(' dir="rtl"')).toEqual([]);
  });

  test("asks a paste-in block for its language, not for a title", async () => {
    const block = '<div lang="de" dir="ltr"><p>Hallo</p></div>';
    expect(await lintParts({ html: block })).toEqual([]);
    const [finding] = await lintParts({ html: "<div dir='ltr'><p>Hallo</p></div>" });
    expect(finding).toMatchObject({ rule: "document-language", line: 1, column: 1 });
  });

  test("looks at what others than Outlook on Windows see", async () => {
    const outlook = "<!--[if mso]><img src=x><a href=y></a><![endif]-->";
    const others = '<!--[if !mso]><!--><img src="https://a.example/a.png"><!--<![endif]-->';
    expect(await toldOf(`${outlook}\n${others}`)).toEqual(["image-alt 11:20"]);
  });
});

describe("links", () => {
  test.each([
    ["", "link-address"],
    ["/news", "link-address"],
    ["javascript:alert(1)", "link-address"],
    ["http://sender.example/", "link-https"],
    ["http://localhost:4321/a", "link-https"],
    [`${page}?lang=en#${invitation}?utm_source=mail`, "link-fragment"],
  ])("finds the address %j", async (href, rule) => {
    expect(await toldOf(`<p>x</p>\n<a href="${href}">Go</a>`)).toEqual([`${rule} 11:1`]);
  });

  test.each(["https://sender.example/#top", "mailto:a@sender.example", "tel:+49301234"])(
    "takes the address %j",
    async (href) => {
      expect(await toldOf(`<a href="${href}">Go</a>`)).toEqual([]);
    },
  );

  test("finds a link to nowhere, and one to a place in the mail that many clients do not have", async () => {
    expect(await toldOf('<a href="#">Go</a>')).toContain("link-address 10:1");
    expect(await toldOf('<a href="#top">Go</a>')).toEqual(["client-support 10:1"]);
  });

  test("takes this machine for a note, and another without https for an error", async () => {
    expect(await severityOf("http://127.0.0.1:4321/a")).toEqual(["note"]);
    expect(await severityOf("http://127.0.0.1.sender.example/a")).toEqual(["error"]);
  });

  test("tells the same of many links once", async () => {
    const links = Array.from({ length: 50 }, () => '<a href="/news">Go</a>').join("");
    expect(await toldOf(links)).toHaveLength(1);
  });

  test("looks at the addresses of plain text too", async () => {
    const text = "Answer here:\n  http://sender.example/a\n";
    expect(await lintParts({ text })).toMatchObject([
      { rule: "link-https", part: "text", line: 2, column: 3 },
    ]);
    expect(await lintParts({ text: `Answer: ${page}#${invitation}\n` })).toEqual([]);
  });
});

describe("click tracking", () => {
  test("finds a link whose fragment a service may drop", async () => {
    expect(await trackingOf(link(""), "SendGrid")).toEqual(["link-tracking"]);
    expect(await trackingOf(link(""), "Klaviyo")).toEqual(["link-tracking"]);
  });

  test("takes one that the service is told to leave alone", async () => {
    expect(await trackingOf(link('clicktracking="off"'), "SendGrid")).toEqual([]);
    expect(await trackingOf(link('class="m-ink untracked"'), "Customer.io")).toEqual([]);
    // Another service's attribute says nothing to this one.
    expect(await trackingOf(link('clicktracking="off"'), "Postmark")).toEqual(["link-tracking"]);
  });

  test("takes one with the invitation in the path too, and other people's links", async () => {
    const both = `${page}/${invitation}?lang=en#${invitation}.0.1`;
    expect(await trackingOf(link("", both), "Klaviyo")).toEqual([]);
    expect(await trackingOf(link("", "https://sender.example/news#top"), "Klaviyo")).toEqual([]);
  });
});

describe("looks", () => {
  test("finds a text that cannot be read on its ground", async () => {
    const pale =
      '<table><tr><td bgcolor="#ffffff">\n<p style="color:#bbb">Pale</p></td></tr></table>';
    expect(await toldOf(pale)).toEqual(["contrast 11:23"]);
    expect(await toldOf(pale.replace("#bbb", "#595959"))).toEqual([]);
  });

  test("takes a ground from around, and asks large text for less", async () => {
    expect(await toldOf(on("#ffffff", "16px"))).toEqual(["contrast 10:73"]);
    expect(await toldOf(on("#ffffff", "24px"))).toEqual([]);
    expect(await toldOf(on("#000000", "16px"))).toEqual([]);
    // A picture, or a colour that is not understood: nothing is said.
    expect(await toldOf(on("url(https://a.example/a.png)", "16px"))).toEqual([]);
  });

  test("leaves hidden text alone", async () => {
    expect(await preheader("max-height:0")).toEqual([]);
    expect(await preheader("max-height:9px")).toHaveLength(1);
  });

  test("finds a button too low for a thumb, and one that is missed", async () => {
    expect(await severities(11)).toEqual([]);
    expect(await severities(6)).toEqual(["warning target-size"]);
    expect(await severities(0)).toEqual(["error target-size"]);
  });

  test("asks nothing of a link in running text", async () => {
    expect(await toldOf('<p>Read <a href="https://a.example/">more</a>.</p>')).toEqual([]);
  });
});

describe("clients", () => {
  test("tells what breaks where a client lacks it, and how many do", async () => {
    const [finding] = await lintParts({
      html: document('<p>x</p>\n<div style="display:grid">Two columns</div>'),
    });
    expect(finding).toMatchObject({ rule: "client-support", severity: "warning", line: 11 });
    expect(finding?.message).toMatch(
      /^display:grid: missing in \d+ of \d+ clients \(.*Outlook on Windows/,
    );
  });

  test("finds it in the style sheet, at its own line", async () => {
    const head = "<style>\n.a{color:#000}\n.b{position:absolute}\n</style>";
    expect(await toldOf('<p class="b">x</p>', head)).toEqual(["client-support 8:4"]);
  });

  test("tells a feature once", async () => {
    expect(
      await toldOf('<div style="display:flex">a</div><div style="display:flex">b</div>'),
    ).toHaveLength(1);
  });

  test("is quiet about what only looks plainer where it is missing", async () => {
    expect(
      await toldOf(
        '<p style="border-radius:8px;max-width:600px">x</p>',
        "<style>@media (prefers-color-scheme:dark){p{color:#fff!important}}p:hover{opacity:.8}</style>",
      ),
    ).toEqual([]);
  });
});

describe("merge tags", () => {
  const tags = [
    "{{first_name}}",
    "{{{raw}}}",
    "{{custom_attribute.${x}}}",
    "{% if x %}",
    "*|FNAME|*",
    "%%first_name%%",
    "%%=Substring(x,1,22)=%%",
    "%recipient.x%",
  ];

  test.each(tags)("finds %s left where nobody fills it", async (tag) => {
    const [finding, ...others] = await lintParts({ text: `Hello\n ${tag}` });
    expect(finding).toMatchObject({ rule: "merge-tag", severity: "error", line: 2, column: 2 });
    expect(others).toEqual([]);
  });

  test.each(["100%% sure, 50%% off", "a * | b", "{ {x} }", "f(x){y}", "5 % of recipients"])(
    "takes %j for a text",
    async (text) => {
      expect(await lintParts({ text })).toEqual([]);
    },
  );

  test("takes a service's own tags, not another's", async () => {
    expect(await rules("Hi {{name}} {% if a %}", "braze")).toEqual([]);
    expect(await rules("Hi *|NAME|*", "braze")).toEqual(["merge-tag"]);
    expect(await rules("Hi *|NAME|*", "mandrill")).toEqual([]);
    expect(await rules("Hi {{name}}", "mailgun")).toEqual(["merge-tag"]);
  });

  test("takes none in a finished message, whoever sent it", async () => {
    const findings = await lintParts(
      { text: "Hi {{name}}" },
      { alone: true, esp: espNamed("braze"), message: "" },
    );
    expect(findings.map(({ rule }) => rule)).toContain("merge-tag");
  });

  test("finds a place of our own that was never filled", async () => {
    expect(await lintParts({ text: "Go:\nhttps://e.example/a#~maily.invitation~" })).toMatchObject([
      { rule: "own-token", line: 2, column: 21 },
    ]);
  });

  test("knows a text that only shows a tag, written as references", async () => {
    expect(await toldOf("<p>Write &#123;&#123;name&#125;&#125;</p>")).toEqual([]);
  });
});

describe("a whole mail", () => {
  test("misses text, HTML and a subject", async () => {
    const findings = await lintParts({ subject: " ", text: "" }, {});
    expect(findings.map(({ rule, part }) => `${part} ${rule}`)).toEqual([
      "text text-missing",
      "html html-missing",
      "subject subject-missing",
    ]);
  });

  test("says each with a language, a reason and a remedy", async () => {
    const findings = await lintParts({ html: document("<img><a href='#'></a>") });
    expect(findings.length).toBeGreaterThan(2);
    for (const { language, message, remedy } of findings) {
      expect(language).toBe("en");
      expect(message).toMatch(/\.$/);
      expect(remedy).toMatch(/\.$/);
    }
  });

  test("tells errors before warnings", async () => {
    const html = document('<p style="color:#ccc">a</p><img src="https://a.example/a.png">');
    const findings = await lintParts({ html });
    expect(findings.map(({ severity }) => severity)).toEqual(["error", "warning"]);
  });

  test("tells a fault of which there are many twenty times, and how many more", async () => {
    const pictures = Array.from({ length: 50 }, () => '<img src="https://a.example/a.png">');
    const findings = await lintParts({ html: document(pictures.join("\n")) });
    expect(findings).toHaveLength(20);
    expect(findings[0]?.message).toContain("And 30 more");
  });
});
