// Answers of one length, whatever they say.
import { utf8 } from "../sdk/bytes.ts";

const member = ',"padding":""}';

/**
 * A JSON object with a member `padding` that makes it `bytes` long, or a multiple where it says more than that holds. A
 * member, not white space: a proxy that writes the JSON anew keeps it.
 */
export async function padded(response: Response, bytes: number): Promise<Response> {
  const text = await response.text();
  const length = utf8(text).length - "}".length + member.length;
  const missing = Math.ceil(length / bytes) * bytes - length;
  const body = `${text.slice(0, -1)}${member.slice(0, -2)}${"0".repeat(missing)}"}`;
  const { status, headers } = response;
  return new Response(body, { status, headers });
}
