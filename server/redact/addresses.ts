// Internet addresses: IPv4 in four decimal parts, IPv6 as node:net takes it.
import { isIPv4, isIPv6 } from "node:net";
import { isWordAt, type Finding } from "./finding.ts";

const v4 = /\d{1,3}(?:\.\d{1,3}){3}/g;
const v6 = /[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?/g;
/** Four numbers with dots after such a word are a version. */
const versionBefore = /(?:\bv|version |release )$/i;

export function* addressesIn(text: string): Generator<Finding> {
  for (const { index, 0: found } of text.matchAll(v4)) {
    const end = index + found.length;
    const continued = isWordAt(text, end) || (text[end] === "." && isWordAt(text, end + 1));
    const begun = isWordAt(text, index - 1) || text[index - 1] === ".";
    if (
      !continued &&
      !begun &&
      isIPv4(found) &&
      !versionBefore.test(text.slice(Math.max(0, index - 9), index))
    )
      yield { start: index, end, kind: "ip-address" };
  }
  if (!text.includes(":")) return;
  for (const { index, 0: run } of text.matchAll(v6)) {
    // The colon of a sentence is not of it.
    const found = run.endsWith(":") && !run.endsWith("::") ? run.slice(0, -1) : run;
    const end = index + found.length;
    // Without a digit it is more likely a name of a program's.
    if (/\d/.test(found) && !isWordAt(text, index - 1) && !isWordAt(text, end) && isIPv6(found))
      yield { start: index, end, kind: "ip-address" };
  }
}
