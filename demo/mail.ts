// One mail of the inbox as a mail client shows it: who wrote, and one of its three parts in a frame of its own.
import { html, type Markup } from "./html.ts";
import { regionNames } from "./page-frame.ts";
import type { Invited } from "./samples.ts";

export const mailViews = ["amp", "html", "text", "source"] as const;
export type MailView = (typeof mailViews)[number];

export const isMailView = (text: string): text is MailView =>
  (mailViews as readonly string[]).includes(text); // Narrowed by this very look.

/** What a tab is called, and which readers see this part. */
const labels: Readonly<Record<MailView, readonly [name: string, where: string]>> = {
  amp: [
    "Interactive",
    "Gmail, Yahoo and Mail.ru: the reader answers inside the mail. The AMP runtime comes from its own network and is not on npm, so a small interpreter runs this part here; the validator has passed it.",
  ],
  html: [
    "HTML",
    "Every other client: each answer is a link, and the page that it opens has it chosen. Nothing is recorded until the reader sends it there.",
  ],
  text: [
    "Plain text",
    "Clients and readers that want no HTML: numbered answers, one address each.",
  ],
  source: ["Source", "What went over the wire: three parts, in the order that RFC 2046 asks for."],
};

const tab = (reader: Invited, view: MailView, current: MailView): Markup =>
  html`<li>
    <a
      href="/mail/${reader.mail}?view=${view}"
      ${view === current ? html`aria-current="page"` : undefined}
      >${labels[view][0]}</a
    >
  </li>`;

/** The reading pane. */
export const mailPage = (reader: Invited, view: MailView): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${reader.subject}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/pages/demo.css" />
      </head>
      <body class="pane">
        <header>
          <h1 lang="${reader.language}">${reader.subject}</h1>
          <p>
            <b>${reader.sender}</b> &lt;${reader.from}&gt;<br />
            to ${reader.name}, ${regionNames[reader.region]}
          </p>
          <nav aria-label="Parts of this mail">
            <ul>
              ${mailViews.map((other) => tab(reader, other, view))}
            </ul>
          </nav>
          <p class="note">${labels[view][1]}</p>
        </header>
        <main>
          <iframe
            name="part"
            title="${labels[view][0]} part of the mail"
            src="/mail/${reader.mail}/${view}"
          ></iframe>
        </main>
      </body>
    </html>`;

/** Clients make addresses in plain text into links. */
const linked = (text: string): Markup =>
  html`${text
    .split(/(https?:\/\/\S+)/)
    .map((piece, index) =>
      index % 2 === 1
        ? html`<a href="${piece}" target="_blank" rel="noopener">${piece}</a>`
        : html`${piece}`,
    )}`;

/** Plain text, or the source, as a page. */
export const plainPage = (reader: Invited, view: "text" | "source", text: string): Markup =>
  html`<!doctype html>
    <html lang="${view === "text" ? reader.language : "en"}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${reader.subject}</title>
        <link rel="stylesheet" href="/pages/demo.css" />
      </head>
      <body class="plain">
        <main tabindex="0">
          <h1 class="visually-hidden">${reader.subject}</h1>
          <pre>${view === "text" ? linked(text) : text}</pre>
        </main>
      </body>
    </html>`;
