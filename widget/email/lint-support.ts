// What mail clients lack of what a part uses, by the data of caniemail.com. Told is what breaks a mail; what merely looks
// plainer where it is missing is left alone.
import { caniemail, groupIssues, rawData } from "caniemail";
import { reporter, type Finding, type Linted, type Point } from "./lint-finding.ts";
import type { Markup } from "./lint-markup.ts";

const clients = {
  "apple-mail.ios": "Apple Mail on iOS",
  "apple-mail.macos": "Apple Mail on macOS",
  "gmail.desktop-webmail": "Gmail on the web",
  "gmail.android": "Gmail on Android",
  "gmail.ios": "Gmail on iOS",
  "outlook.windows": "Outlook on Windows",
  "outlook.macos": "Outlook on macOS",
  "outlook.outlook-com": "Outlook.com",
  "outlook.android": "Outlook on Android",
  "outlook.ios": "Outlook on iOS",
  "yahoo.desktop-webmail": "Yahoo on the web",
  "yahoo.android": "Yahoo on Android",
  "yahoo.ios": "Yahoo on iOS",
  "samsung-email.android": "Samsung Email",
  "aol.desktop-webmail": "AOL",
  "thunderbird.macos": "Thunderbird",
  "protonmail.desktop-webmail": "Proton Mail",
  "fastmail.desktop-webmail": "Fastmail",
  "gmx.desktop-webmail": "GMX",
  "web-de.desktop-webmail": "WEB.DE",
  "orange.desktop-webmail": "Orange",
  "mail-ru.desktop-webmail": "Mail.ru",
} as const;
type Client = keyof typeof clients;
// Object.keys loses the literal keys.
const clientNames = Object.keys(clients) as Client[];

/** Titles of caniemail.com without which a mail is not only plainer: things fall out of place, vanish, or are not seen. */
const breaking = new Set(
  `display:flex
display:grid
display:none
flex-direction:column
flex-wrap: wrap
grid-template-* properties
gap, column-gap, row-gap
justify-content
align-items
position
left, right, top, bottom
inset
z-index
float
transform
clip-path
mask-image
filter
mix-blend-mode
aspect-ratio
object-fit
object-position
column-count
css column properties
writing-mode
visibility
background-blend-mode
background-image
background attribute
background-size
background-position
linear-gradient()
radial-gradient()
conic-gradient()
rgba()
light-dark()
lch(), oklch(), lab(), oklab()
CSS Variables (Custom Properties)
CSS Nesting
CSS calc() function
clamp()
max()
min()
vh unit
vw unit
vmin unit
vmax unit
ch unit
rem unit
fit-content, min-content, max-content
inline-size
block-size & inline-size
margin-inline & margin-block
margin-inline-start & margin-inline-end
margin-block-start & margin-block-end
padding-inline & padding-block
padding-inline-start & padding-inline-end
padding-block-start & padding-block-end
border-inline & border-block
@import
:checked
:target
:has()
::before
::after
popover attribute
hidden attribute
Local anchors
Image maps
Embedded <svg> image
<base>
<form> element
<select> element
<textarea> element
<dialog> element
<input type="checkbox"> element
<input type="hidden"> element
<input type="radio"> element
<input type="reset"> element
<input type="submit"> element
<input type="text"> element
<button type="reset"> element
<button type="submit"> element
<audio> element
<video> element
<object> element
<picture> element
<marquee> element
<meter> element
<progress> element
<ruby> element
Animated PNG image format
AVIF image format
Base 64 image format
BMP image format
HDR image format
HEIF image format
SVG image format
TIFF image format
webP image format
Video as Image Assets`.split("\n"),
);

/** Of a style sheet that is looked at; its parser takes time squared for hostile ones, and Gmail drops far shorter ones. */
const sheetCharactersMax = 75_000;

/** Nesting and length keep the package's own recursion small; see `markupLimits`. */
let gapsFilled = false;

/** caniemail throws for a feature that nobody has tried on a client; such a feature counts as partly supported. */
function fillGaps(): void {
  if (gapsFilled) return;
  gapsFilled = true;
  for (const { stats } of rawData.data) {
    // The data's type names each client's own platforms; here any may be missing.
    const byFamily = stats as Record<string, Record<string, Record<string, string>>>;
    for (const client of clientNames) {
      const [family = "", platform = ""] = client.split(".");
      (byFamily[family] ??= {})[platform] ??= { untried: "u" };
    }
  }
}

interface Missing {
  readonly title: string;
  readonly clients: readonly Client[];
  readonly point: Point;
}

function missingIn(source: { html: string } | { css: string }, from: Point): Missing[] {
  const { issues } = caniemail({ clients: clientNames, ...source });
  return groupIssues(issues.errors).map(({ issue, clients: lacking }) => {
    const { line = 1, column = 1 } = issue.position?.start ?? {};
    return {
      title: issue.title,
      clients: lacking.filter((client): client is Client => client in clients),
      point: {
        line: from.line + line - 1,
        column: line === 1 ? from.column + column - 1 : column,
      },
    };
  });
}

const blank = (text: string): string => text.replace(/[^\n]/g, " ");

/** One warning for each feature, at its first use. Asks for a part within `markupLimits`. */
export function* lintSupport(linted: Linted, markup: Markup): Generator<Finding> {
  fillGaps();
  const report = reporter(linted);
  let html = linted.text;
  const found: Missing[] = [];
  for (const { name, raw } of markup.elements) {
    if (name !== "style" || raw === undefined || raw.text.trim() === "") continue;
    if (raw.text.length <= sheetCharactersMax)
      found.push(...missingIn({ css: raw.text }, markup.at(raw.offset)));
    // Each sheet was looked at where it stands; the package would place it at the document's first line.
    html = html.slice(0, raw.offset) + blank(raw.text) + html.slice(raw.offset + raw.text.length);
  }
  if (html.trim() !== "") found.push(...missingIn({ html }, { line: 1, column: 1 }));
  const told = new Set<string>();
  for (const { title, clients: lacking, point } of found) {
    if (told.has(title) || !breaking.has(title.trim())) continue;
    told.add(title);
    yield report(
      "warning",
      "client-support",
      `${title}: missing in ${lacking.length} of ${clientNames.length} clients (${lacking.map((client) => clients[client]).join(", ")}).`,
      "See caniemail.com for what these show instead; build what must be read from tables, padding and colours.",
      point,
    );
  }
}
