// The OpenAPI document of a list of routes: what Hono serves is what it describes.
import { z } from "zod";
import { problemCodes, describeProblem, type ProblemCode } from "../sdk/problem.ts";
import { Manifest, SignedCampaign } from "../sdk/schema/campaign.ts";
import { Consent } from "../sdk/schema/consent.ts";
import { KeyDirectory, SignedKeyConfig } from "../sdk/schema/key-config.ts";
import {
  Accepted,
  DataRequest,
  PreferencesSubmission,
  ReaderRequest,
  Recorded,
  SealedCopy,
  Submission,
  Withdrawal,
} from "../sdk/schema/submission.ts";
import { Visit, VisitRequest } from "../sdk/schema/site.ts";
import {
  Definition,
  Image,
  LocalText,
  Next,
  Notice,
  Option,
  PictureOption,
  Question,
} from "../sdk/schema/widget.ts";
import type { BodyForm } from "./read-body.ts";
import type { Route } from "./route.ts";

export const ProblemDocument = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("What to do."),
    code: z
      .enum(problemCodes as [ProblemCode, ...ProblemCode[]])
      .describe("What programs compare."),
  })
  .describe("RFC 9457");

const taken = (schema: z.ZodType) => ({ schema, io: "input" }) as const;
const answered = (schema: z.ZodType) => ({ schema, io: "output" }) as const;

/**
 * Components by name: one object literal, so that the compiler refuses a name used twice. What is taken may leave out
 * defaults and use the short forms of a written widget; what is answered has everything.
 */
const components = {
  Accepted: answered(Accepted),
  Definition: answered(Definition),
  KeyDirectory: answered(KeyDirectory),
  Image: answered(Image),
  LocalText: answered(LocalText),
  Manifest: answered(Manifest),
  Next: answered(Next),
  Notice: answered(Notice),
  Option: answered(Option),
  PictureOption: answered(PictureOption),
  Problem: answered(ProblemDocument),
  Question: answered(Question),
  Recorded: answered(Recorded),
  SealedCopy: answered(SealedCopy),
  SignedKeyConfig: answered(SignedKeyConfig),
  Visit: answered(Visit),
  Consent: taken(Consent),
  DataRequest: taken(DataRequest),
  PreferencesSubmission: taken(PreferencesSubmission),
  ReaderRequest: taken(ReaderRequest),
  SignedCampaign: taken(SignedCampaign),
  Submission: taken(Submission),
  VisitRequest: taken(VisitRequest),
  Withdrawal: taken(Withdrawal),
  WrittenDefinition: taken(Definition),
  WrittenImage: taken(Image),
  WrittenNext: taken(Next),
  WrittenOption: taken(Option),
  WrittenPictureOption: taken(PictureOption),
  WrittenNotice: taken(Notice),
  WrittenQuestion: taken(Question),
  WrittenText: taken(LocalText),
} as const;

const address = (name: string) => `#/components/schemas/${name}`;

/** The components of one direction: a schema used in several places is written once. */
function schemasOf(io: "input" | "output"): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [id, component] of Object.entries(components))
    if (component.io === io) registry.add(component.schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io, uri: address, unrepresentable: "any" });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _id, ...schema }]) => [
      name,
      schema,
    ]),
  );
}

/** What any route may answer, where the Host header is none for example, and any route with a body. */
const always: readonly ProblemCode[] = ["malformed-request", "internal", "configuration-invalid"];
const withBody: readonly ProblemCode[] = [
  "unsupported-media-type",
  "body-too-large",
  "request-timeout",
];

const jsonSchema = (schema: z.ZodType, io: "input" | "output") => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
};

function reference(schema: z.ZodType, io: "input" | "output") {
  const named = Object.entries(components).find(
    ([, component]) => component.schema === schema && component.io === io,
  );
  return named === undefined ? jsonSchema(schema, io) : { $ref: address(named[0]) };
}

interface Described {
  readonly description: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** A status that is an answer and a refusal as well has both contents. */
const both = (answer: Described | undefined, refusal: Described): Described =>
  answer === undefined
    ? refusal
    : {
        ...refusal,
        description: `${answer.description}; ${refusal.description}`,
        content: { ...answer.content, ...refusal.content },
      };

function refusals(route: Route) {
  const codes = [...route.problems, ...(route.body ? withBody : []), ...always];
  const byStatus = Map.groupBy(codes, (code) => describeProblem(code).status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${describeProblem(code).title}`).join("; "),
        "x-codes": group,
        content: {
          "application/problem+json": { schema: { $ref: address("Problem") } },
        },
      },
    ]),
  );
}

/** By content type: JSON, or the form as it is sent. */
function contentOf({ schema, fields, bytes }: BodyForm<never>) {
  // OpenAPI 3.1: bytes without an encoding have no schema.
  if (bytes !== undefined) return Object.fromEntries(bytes.contentTypes.map((type) => [type, {}]));
  const sent = { schema: reference(fields?.documented ?? schema, "input") };
  const types = fields?.contentTypes ?? ["application/json"];
  return Object.fromEntries(types.map((type) => [type, sent]));
}

/** RFC 6570: a path as OpenAPI writes it. */
const templateOf = (path: string): string => path.replaceAll(/:(\w+)/g, "{$1}");

function responsesOf(route: Route): Record<string, Described> {
  const answers: Record<string, Described> = Object.fromEntries(
    Object.entries(route.answers).map(([status, { description, contentType, schema }]) => [
      status,
      {
        description,
        content: { [contentType]: schema ? { schema: reference(schema, "output") } : {} },
      },
    ]),
  );
  const refused = Object.entries(refusals(route)).map(([status, refusal]): [string, Described] => [
    status,
    both(answers[status], refusal),
  ]);
  return { ...answers, ...Object.fromEntries(refused) };
}

function operation(route: Route) {
  return {
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    ...(route.parameters && {
      parameters: Object.entries(route.parameters).map(([name, schema]) => ({
        name,
        in: "path",
        required: true,
        schema: jsonSchema(schema, "input"),
      })),
    }),
    ...(route.deprecated && {
      deprecated: true,
      "x-sunset": route.deprecated.sunset,
      ...(route.deprecated.successor !== undefined && {
        "x-successor": templateOf(route.deprecated.successor),
      }),
    }),
    ...(route.signed === true && { security: [{ operatorSignature: [] }] }),
    ...(route.body && {
      requestBody: {
        required: true,
        description: `At most ${route.body.bytesMax.toLocaleString("en")} bytes.`,
        content: contentOf(route.body),
      },
    }),
    responses: responsesOf(route),
  };
}

/** OpenAPI 3.1.1 */
export function openApiDocument(routes: readonly Route[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Maily edge",
      version: "1",
      description:
        "Takes sealed answers and hands them to their region. SPEC.md §4 is the text to this.",
    },
    paths,
    components: {
      schemas: { ...schemasOf("output"), ...schemasOf("input") },
      securitySchemes: {
        operatorSignature: {
          type: "http",
          scheme: "signature",
          description:
            "HTTP Message Signatures (RFC 9421) by an operator's Ed25519 key, as SPEC §6 says.",
        },
      },
    },
  };
}
