// The mail a reader gets: tables and links, which every client shows. Each option is a link that arrives with it chosen.
import { directionOf, inLanguage } from "../sdk/local-text.ts";
import type { Definition, Question } from "../sdk/schema/widget.ts";
import { html, type Markup } from "./html.ts";
import type { Invited } from "./samples.ts";

/** Arrays of this length or shorter are shown as buttons side by side, such as a rating's steps. */
const stepsInARow = 11;

const stepsOf = (question: Question): readonly number[] => {
  if (question.kind === "rating")
    return Array.from({ length: question.steps }, (_, step) => step + 1);
  return question.kind === "nps" ? Array.from({ length: stepsInARow }, (_, step) => step) : [];
};

const button = (link: string, label: string, accent: string): Markup =>
  html` <table
    role="presentation"
    cellpadding="0"
    cellspacing="0"
    width="100%"
    style="margin:0 0 10px"
  >
    <tr>
      <td style="border:2px solid ${accent};border-radius:10px;background:#ffffff">
        <a
          href="${link}"
          target="_blank"
          rel="noopener"
          style="display:block;padding:13px 18px;font:600 16px/22px Arial,sans-serif;color:${accent};text-decoration:none"
          >${label}</a
        >
      </td>
    </tr>
  </table>`;

const step = (link: string, label: string, accent: string): Markup =>
  html` <td align="center" style="border:2px solid ${accent};border-radius:8px">
    <a
      href="${link}"
      target="_blank"
      rel="noopener"
      style="display:block;padding:11px 4px;font:600 15px/20px Arial,sans-serif;color:${accent};text-decoration:none"
      >${label}</a
    >
  </td>`;

function choices(question: Question, index: number, reader: Invited, accent: string): Markup {
  const { definition } = reader.campaign;
  const [fallback = "en"] = definition.languages;
  const to = (option: number): string => `${linkOf(reader)}.${index}.${option}`;
  if ("options" in question)
    return html`${question.options.map((option, rank) =>
      button(to(rank), inLanguage(option.text, reader.language, fallback), accent),
    )}`;
  const steps = stepsOf(question);
  if (steps.length === 0) return html``;
  return html`<table role="presentation" width="100%" cellspacing="4">
    <tr>
      ${steps.map((value, rank) => step(to(rank), String(value), accent))}
    </tr>
  </table>`;
}

/** The page takes `?lang=`, so that it speaks the mail's language. */
export const linkOf = (reader: Invited): string =>
  reader.link.replace("#", `?lang=${reader.language}#`);

function body(definition: Definition, reader: Invited): Markup {
  const [fallback = "en"] = definition.languages;
  const text = (local: Parameters<typeof inLanguage>[0]): string =>
    inLanguage(local, reader.language, fallback);
  const { accent } = definition.theme;
  const [first] = definition.questions;
  return html` <h1 style="margin:0 0 12px;font:700 26px/32px Georgia,serif;color:#1c1917">
      ${text(definition.title)}
    </h1>
    ${definition.intro === undefined ? undefined : html`<p style="margin:0 0 24px;font:16px/25px Arial,sans-serif;color:#57534e">${text(definition.intro)}</p>`}
    ${
      first === undefined
        ? undefined
        : html`<h2 style="margin:0 0 14px;font:600 18px/25px Arial,sans-serif;color:#1c1917">
              ${text(first.text)}
            </h2>
            ${choices(first, 0, reader, accent)}`
    }
    <table role="presentation" cellpadding="0" cellspacing="0" style="margin:18px 0 0">
      <tr>
        <td style="border-radius:10px;background:${accent}">
          <a
            href="${linkOf(reader)}"
            target="_blank"
            rel="noopener"
            style="display:block;padding:13px 22px;font:600 16px/22px Arial,sans-serif;color:#ffffff;text-decoration:none"
            >${text({ en: "Open all questions", de: "Alle Fragen öffnen", ja: "すべての質問を開く", es: "Abrir todas las preguntas" })}
            →</a
          >
        </td>
      </tr>
    </table>`;
}

/** The mail of one reader, as a whole HTML document. */
export const renderMail = (reader: Invited): Markup =>
  html`<!doctype html>
    <html lang="${reader.language}" dir="${directionOf(reader.language)}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light" />
        <title>${reader.subject}</title>
      </head>
      <body style="margin:0;background:#f5f5f4">
        <div role="main">
          <table role="presentation" width="100%" cellpadding="0" cellspacing="0">
            <tr>
              <td align="center" style="padding:24px 12px">
                <table
                  role="presentation"
                  width="100%"
                  cellpadding="0"
                  cellspacing="0"
                  style="max-width:560px;background:#ffffff;border-radius:16px"
                >
                  <tr>
                    <td
                      style="padding:22px 28px 0;font:600 14px/20px Arial,sans-serif;color:#57534e"
                    >
                      ${reader.sender}
                    </td>
                  </tr>
                  <tr>
                    <td style="padding:14px 28px 30px">
                      ${body(reader.campaign.definition, reader)}
                    </td>
                  </tr>
                </table>
                <p
                  style="max-width:560px;margin:18px 0 0;font:13px/20px Arial,sans-serif;color:#57534e"
                >
                  ${reader.address} · ${reader.campaign.notice.controller.name},
                  ${reader.campaign.notice.controller.contact}
                </p>
              </td>
            </tr>
          </table>
        </div>
      </body>
    </html>`;
