// The edge's interface as a page to read: drawn from the same declarations as /openapi.json, when the page is built.
import { z } from "zod";
import { describeProblem, isProblemCode, problemCodes } from "../sdk/problem.ts";
import {
  anchorOf,
  Operation,
  operationOf,
  problemAnchor,
  signature,
  type Named,
} from "./docs-operation.ts";
import { code, drawn, DrawnSchema, prose } from "./docs-schema.ts";
import { html, type Markup } from "./html.ts";

/** What of the OpenAPI document is drawn. */
const Description = z.looseObject({
  info: z.looseObject({ title: z.string(), description: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({ schemas: z.record(z.string(), DrawnSchema) }),
});

const groups = [
  [
    "What a reader's device sends",
    ({ method, path }: Named) => method === "POST" && !isOperators(path),
  ],
  [
    "What anybody may read",
    ({ method, path }: Named) => method === "GET" && path.startsWith("/v1/"),
  ],
  ["What an operator does", ({ path }: Named) => isOperators(path)],
  ["Pages and service", () => true],
] as const;

const isOperators = (path: string): boolean => path.startsWith("/admin/");

function grouped(operations: readonly Named[]): [string, Named[]][] {
  const left = new Set(operations);
  return groups.map(([title, belongs]) => {
    const own = [...left].filter(belongs);
    for (const operation of own) left.delete(operation);
    return [title, own];
  });
}

function problemOf(name: (typeof problemCodes)[number]): Markup {
  const { status, title, detail } = describeProblem(name);
  return html`<section
    class="problem"
    id="${problemAnchor(name)}"
    aria-labelledby="${problemAnchor(name)}-name"
  >
    <h3 id="${problemAnchor(name)}-name">
      <a class="anchor" href="#${problemAnchor(name)}">${code(name)}</a>
      <span class="type">${status}</span>
    </h3>
    <p class="summary">${title}.</p>
    ${prose(detail)}
  </section>`;
}

const entries = (operations: readonly Named[]): Markup =>
  html`<ul>
    ${operations.map((operation) => html`<li><a href="#${operation.anchor}">${signature(operation)}</a></li>`)}
  </ul>`;

/** The whole page; `stylesheet` is the address of its CSS. `document` is what `openApiDocument` gives. */
export function docsPage(document: unknown, stylesheet: string): string {
  const { info, paths, components } = Description.parse(document);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Named => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      anchor: anchorOf(method, path),
    })),
  );
  const parts = grouped(operations);
  const codes = [...problemCodes].filter(isProblemCode).toSorted();
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${info.title}: interface</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${stylesheet}" />
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        <header>
          <h1>${info.title}</h1>
          <p class="lead">
            ${info.description} For programs: <a href="/openapi.json">openapi.json</a>, OpenAPI 3.1.
          </p>
        </header>
        <div class="sheet">
          <nav aria-label="On this page">
            <details open>
              <summary>On this page</summary>
              ${parts.map(
                ([title, own]) =>
                  html`<p>${title}</p>
                    ${entries(own)}`,
              )}
              <p><a href="#problems">Refusals</a></p>
              <p><a href="#schemas">Shapes</a></p>
            </details>
          </nav>
          <main id="content" tabindex="-1">
            ${parts.map(
              ([title, own], index) =>
                html`<section aria-labelledby="group-${index}">
                  <h2 id="group-${index}">${title}</h2>
                  ${own.map(operationOf)}
                </section>`,
            )}
            <section aria-labelledby="problems">
              <h2 id="problems">Refusals</h2>
              <p>
                Whatever refuses answers ${code("application/problem+json")} (RFC 9457). Programs
                compare its ${code("code")}, which is one of these; ${code("detail")} says what to
                do.
              </p>
              <div class="problems">${codes.map(problemOf)}</div>
            </section>
            <section aria-labelledby="schemas">
              <h2 id="schemas">Shapes</h2>
              <p>
                Binary values are base64url without padding. What has a member that is not named
                here is refused.
              </p>
              ${Object.entries(components.schemas).map(([name, schema]) => drawn(name, schema))}
            </section>
          </main>
        </div>
      </body>
    </html>`.text;
}
