// The fields of a posted form, strictly: what has two readings has none here.
import { textOf, type Bytes } from "../sdk/bytes.ts";
import { Problem } from "../sdk/problem.ts";

/** Names and values, in the order they came. */
export type Fields = readonly (readonly [name: string, value: string])[];

export type FormType = "application/x-www-form-urlencoded" | "multipart/form-data";

const typeForms: Readonly<Record<FormType, RegExp>> = {
  "application/x-www-form-urlencoded":
    /^application\/x-www-form-urlencoded\s*(;\s*charset="?utf-8"?\s*)?$/i,
  // RFC 2046 §5.1.1 allows more characters in a boundary; none of those who send forms uses them.
  "multipart/form-data": /^multipart\/form-data\s*;\s*boundary="?[\w'()+,./:=?-]{1,70}"?\s*$/i,
};

export const formTypeOf = (
  contentType: string,
  accepted: readonly FormType[],
): FormType | undefined => accepted.find((type) => typeForms[type].test(contentType));

/** Says where, never what was sent: a field's name is of the sender's making. */
export const malformedForm = (message: string): Problem =>
  new Problem("malformed-request", { errors: [{ path: "", message }] });

/** Throws URIError for what is not percent-encoded UTF-8. */
const decoded = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));

/** application/x-www-form-urlencoded as the URL standard writes it; its reader would guess where this one refuses. */
function urlencoded(bytes: Bytes, fieldsMax: number): Fields {
  const pairs = textOf(bytes).split("&", fieldsMax + 1);
  if (pairs.length > fieldsMax) throw malformedForm(`has more than ${fieldsMax} fields`);
  return pairs.map((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 1) throw malformedForm("has a field without a name or a value");
    return [decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))];
  });
}

async function multipart(contentType: string, bytes: Bytes, fieldsMax: number): Promise<Fields> {
  const headers = { "content-type": contentType };
  const entries = [...(await new Response(bytes, { headers }).formData())];
  if (entries.length > fieldsMax) throw malformedForm(`has more than ${fieldsMax} fields`);
  return entries.map(([name, value]) => {
    if (typeof value !== "string") throw malformedForm("has a file");
    return [name, value];
  });
}

/** At most `fieldsMax` fields of a body that is short already. Problem: malformed-request. */
export async function readFields(
  type: FormType,
  contentType: string,
  bytes: Bytes,
  fieldsMax: number,
): Promise<Fields> {
  try {
    return type === "multipart/form-data"
      ? await multipart(contentType, bytes, fieldsMax)
      : urlencoded(bytes, fieldsMax);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw malformedForm("is not a form"); // The parser's own message may quote the body.
  }
}
