// Step 1 of admission (SPEC §4.1): content type, size, form.
import type { z } from "zod";
import { concat, textOf, type Bytes } from "../sdk/bytes.ts";
import { Problem, type ProblemCode } from "../sdk/problem.ts";
import { readAnnounced, readChunked } from "./body-pace.ts";
import { formTypeOf, readFields, type Fields, type FormType } from "./read-fields.ts";

/** How many places a malformed request is told of. */
const errorsMax = 20;

const jsonType = /^application\/json\s*(;\s*charset=utf-8\s*)?$/i;

/** Reads at most `bytesMax` bytes and stops there, however many more would come. Problem: body-too-large. */
export async function readAtMost(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Bytes> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  // The runtime ends the stream, and with it the connection's read, when the loop is left early.
  for await (const piece of body ?? []) {
    length += piece.length;
    if (length > bytesMax) throw new Problem("body-too-large", { limitBytes: bytesMax });
    pieces.push(piece);
  }
  return concat(...pieces);
}

/** Problems: body-too-large, request-timeout, malformed-request. */
function readBytes(request: Request, bytesMax: number): Promise<Bytes> {
  // A runtime takes this header away where the body is chunked: where it is, framing holds the body to it.
  const announced = request.headers.get("content-length");
  if (announced === null) {
    // RFC 9112 §6.1: another coding around or under it is one that nothing here undoes.
    const coding = request.headers.get("transfer-encoding");
    if (coding !== null && coding.toLowerCase() !== "chunked")
      throw new Problem("malformed-request", {
        errors: [{ path: "", message: "has a transfer coding other than chunked" }],
      });
    return readChunked(request, bytesMax);
  }
  if (!(Number(announced) <= bytesMax))
    throw new Problem("body-too-large", { limitBytes: bytesMax });
  return readAnnounced(request, Number(announced));
}

/** Where a body goes wrong only in this member, as a text, its own problem says more than malformed-request. */
export type MemberProblems = Readonly<Record<string, ProblemCode>>;

/** They are the largest, and read before it is known whether a signature holds. */
export const picturesAtOnceMax = 16;
let picturesUnderWay = 0;

/** Problems: rate-limited, and those of `readBytes`. */
async function readPicture(request: Request, bytesMax: number): Promise<Bytes> {
  if (picturesUnderWay >= picturesAtOnceMax)
    throw new Problem("rate-limited", { retryAfterSeconds: 1 });
  picturesUnderWay += 1;
  try {
    return await readBytes(request, bytesMax);
  } finally {
    picturesUnderWay -= 1;
  }
}

/** A Problem tells where and what was expected, never what was sent. */
export function parseBody<Body>(
  schema: z.ZodType<Body>,
  value: unknown,
  memberProblems: MemberProblems = {},
): Body {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const members = new Set(issues.map((issue) => issue.path[0]));
  const [member] = members;
  const own = members.size === 1 ? memberProblems[String(member)] : undefined;
  const isText = issues.every((issue) => issue.code !== "invalid_type");
  throw new Problem(own !== undefined && isText ? own : "malformed-request", {
    errors: issues
      .slice(0, errorsMax)
      .map(({ path, message }) => ({ path: path.join("."), message })),
  });
}

/** A body that a route takes: JSON, or the fields of a form. */
export interface BodyForm<Body> {
  readonly schema: z.ZodType<Body>;
  readonly bytesMax: number;
  readonly memberProblems?: MemberProblems;
  readonly fields?: {
    readonly contentTypes: readonly FormType[];
    readonly fieldsMax: number;
    /** What `schema` parses. Problem: malformed-request. */
    readonly gather: (fields: Fields) => unknown;
    /** The form as it is sent: what /openapi.json says of it. */
    readonly documented: z.ZodType;
  };
  /** Bytes as they are: the handler reads them, and `schema` takes undefined. */
  readonly bytes?: { readonly contentTypes: readonly string[] };
}

function jsonOf(bytes: Bytes): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    // The parser's own message would quote the body.
    throw new Problem("malformed-request", { errors: [{ path: "", message: "is not JSON" }] });
  }
}

/** Problems: unsupported-media-type, body-too-large, request-timeout, malformed-request, rate-limited, and the form's own. */
export async function readBody<Body>(
  request: Request,
  { schema, bytesMax, memberProblems, fields, bytes: plain }: BodyForm<Body>,
): Promise<{ body: Body; bytes: Bytes }> {
  const contentType = request.headers.get("content-type") ?? "";
  if (plain !== undefined) {
    if (!plain.contentTypes.includes(contentType.toLowerCase()))
      throw new Problem("unsupported-media-type", { accepts: plain.contentTypes.join(", ") });
    return { body: parseBody(schema, undefined), bytes: await readPicture(request, bytesMax) };
  }
  const type = formTypeOf(contentType, fields?.contentTypes ?? []);
  if (fields === undefined ? !jsonType.test(contentType) : type === undefined)
    throw new Problem("unsupported-media-type", {
      accepts: (fields?.contentTypes ?? ["application/json"]).join(", "),
    });
  const bytes = await readBytes(request, bytesMax);
  const value =
    fields === undefined || type === undefined
      ? jsonOf(bytes)
      : fields.gather(await readFields(type, contentType, bytes, fields.fieldsMax));
  return { body: parseBody(schema, value, memberProblems), bytes };
}
