// One operation of the interface, to read: its address, its body, what it answers and refuses with.
import { z } from "zod";
import { code, DrawnSchema, prose, typeOf } from "./docs-schema.ts";
import { html, type Markup } from "./html.ts";

const Content = z.record(z.string(), z.looseObject({ schema: DrawnSchema.optional() }));

export const Operation = z.looseObject({
  summary: z.string(),
  description: z.string().optional(),
  deprecated: z.boolean().optional(),
  "x-sunset": z.string().optional(),
  "x-successor": z.string().optional(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(z.looseObject({ name: z.string(), schema: DrawnSchema })).default([]),
  requestBody: z.looseObject({ description: z.string(), content: Content }).optional(),
  responses: z.record(
    z.string(),
    z.looseObject({
      description: z.string(),
      content: Content,
      "x-codes": z.array(z.string()).optional(),
    }),
  ),
});
type Operation = z.infer<typeof Operation>;

export interface Named extends Operation {
  readonly method: string;
  readonly path: string;
  readonly anchor: string;
}

/** Such as get-v1-campaigns-id: an address of its own for each operation. */
export const anchorOf = (method: string, path: string): string =>
  `${method}${path.replaceAll(/[^a-z0-9]+/gi, "-")}`.toLowerCase().replace(/-$/, "");
export const problemAnchor = (name: string): string => `problem-${name}`;

export const signature = ({ method, path }: Named): Markup =>
  html`<span class="method">${method}</span> ${code(path)}`;

const going = (operation: Named): Markup | undefined =>
  operation.deprecated === true
    ? html`<p class="going">
        Deprecated${operation["x-sunset"] === undefined ? "" : `; it stops answering on ${operation["x-sunset"].slice(0, 10)}`}.
        ${operation["x-successor"] === undefined ? undefined : html`Ask ${code(operation["x-successor"])} instead.`}
      </p>`
    : undefined;

const contentLines = (content: z.infer<typeof Content>): Markup =>
  html`${Object.entries(content).map(
    ([type, { schema }]) =>
      html`<p>${code(type)}${schema === undefined ? undefined : html`: ${typeOf(schema)}`}</p>`,
  )}`;

const responseRow = (status: string, response: Operation["responses"][string]): Markup =>
  html`<tr>
    <th scope="row">${status}</th>
    <td>
      ${
        response["x-codes"] === undefined
          ? html`<p>${response.description}</p>
              ${contentLines(response.content)}`
          : html`<ul class="codes">
              ${response["x-codes"].map(
                (name) => html`<li><a href="#${problemAnchor(name)}">${code(name)}</a></li>`,
              )}
            </ul>`
      }
    </td>
  </tr>`;

export const operationOf = (operation: Named): Markup =>
  html`<section
    class="operation"
    id="${operation.anchor}"
    aria-labelledby="${operation.anchor}-name"
  >
    <h3 id="${operation.anchor}-name">
      <a class="anchor" href="#${operation.anchor}">${signature(operation)}</a>
    </h3>
    <p class="summary">${operation.summary}.</p>
    ${going(operation)}
    ${operation.description === undefined ? undefined : prose(operation.description)}
    ${operation.security === undefined ? undefined : html`<p>Signed by the operator's key (HTTP Message Signatures, RFC 9421).</p>`}
    ${
      operation.parameters.length === 0
        ? undefined
        : html`<h4>In the address</h4>
            <ul class="members">
              ${operation.parameters.map(
                ({ name, schema }) =>
                  html`<li>
                    <p class="member">${code(name)} <span class="type">${typeOf(schema)}</span></p>
                    ${schema.description === undefined ? undefined : prose(schema.description)}
                  </li>`,
              )}
            </ul>`
    }
    ${
      operation.requestBody === undefined
        ? undefined
        : html`<h4>Body</h4>
            ${contentLines(operation.requestBody.content)}
            <p class="note">${operation.requestBody.description}</p>`
    }
    <h4>Answers</h4>
    <table>
      <caption class="visually-hidden">
        What ${operation.method} ${operation.path} answers
      </caption>
      <thead class="visually-hidden">
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        ${Object.entries(operation.responses).map(([status, response]) => responseRow(status, response))}
      </tbody>
    </table>
  </section>`;
