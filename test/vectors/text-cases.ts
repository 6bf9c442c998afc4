// The cases of base64url.json and canonical.json, written by hand from RFC 4648 and RFC 8785.

export interface Base64urlCase {
  readonly comment: string;
  readonly expect: "decoded" | "refused";
  readonly text: string;
  /** What it decodes to, in hexadecimal. */
  readonly bytes?: string;
}

const decoded = (text: string, bytes: string, comment: string): Base64urlCase => ({
  comment,
  expect: "decoded",
  text,
  bytes,
});
const refused = (text: string, comment: string): Base64urlCase => ({
  comment,
  expect: "refused",
  text,
});

export const base64urlCases: readonly Base64urlCase[] = [
  decoded("", "", "nothing"),
  decoded("AA", "00", "one zero byte"),
  decoded("AAA", "0000", "two zero bytes"),
  decoded("AAAA", "000000", "three zero bytes"),
  decoded("_w", "ff", "one byte of ones"),
  decoded("__8", "ffff", "two bytes of ones"),
  decoded("____", "ffffff", "three bytes of ones"),
  decoded("-_-_", "fbffbf", "the two characters that differ from plain base64"),
  decoded("Zg", "66", "RFC 4648 §10: f"),
  decoded("Zm8", "666f", "RFC 4648 §10: fo"),
  decoded("Zm9v", "666f6f", "RFC 4648 §10: foo"),
  decoded("Zm9vYg", "666f6f62", "RFC 4648 §10: foob"),
  decoded("Zm9vYmE", "666f6f6261", "RFC 4648 §10: fooba"),
  decoded("Zm9vYmFy", "666f6f626172", "RFC 4648 §10: foobar"),
  refused("A", "one character"),
  refused("AAAAA", "five characters"),
  refused("AB", "stray bits behind one byte"),
  refused("AP", "all stray bits behind one byte"),
  refused("AAB", "a stray bit behind two bytes"),
  refused("AAD", "both stray bits behind two bytes"),
  refused("_x", "stray bits behind a byte of ones"),
  refused("__9", "a stray bit behind two bytes of ones"),
  refused("Zg==", "padding"),
  refused("Zm8=", "padding of one"),
  refused("====", "nothing but padding"),
  refused("+_-_", "a plus sign"),
  refused("/_-_", "a slash"),
  refused("AA AA", "a space"),
  refused("AAAA\n", "a line break"),
  refused("AA.A", "a full stop"),
  refused("AA\u0000A", "a zero byte"),
  refused("AAÄA", "a letter beyond ASCII"),
  refused("AAＡA", "a full-width letter"),
  refused("AA%3D", "a percent sign"),
];

export interface CanonicalCase {
  readonly comment: string;
  readonly expect: "written" | "refused";
  /** JSON text of any form. */
  readonly json: string;
  /** Its RFC 8785 text. */
  readonly canonical?: string;
}

const written = (comment: string, json: string, canonical: string): CanonicalCase => ({
  comment,
  expect: "written",
  json,
  canonical,
});

export const canonicalCases: readonly CanonicalCase[] = [
  written("an empty object", " { } ", "{}"),
  written("an empty list", "[ ]", "[]"),
  written("members in order", '{"b":1,"a":2}', '{"a":2,"b":1}'),
  written(
    "members in order at every depth",
    '{"b":{"d":1,"c":2},"a":[{"f":1,"e":2}]}',
    '{"a":[{"e":2,"f":1}],"b":{"c":2,"d":1}}',
  ),
  written("capitals before small letters", '{"a":1,"B":2}', '{"B":2,"a":1}'),
  written("digits as text", '{"10":1,"9":2}', '{"10":1,"9":2}'),
  written(
    "members in order of UTF-16, not of code points",
    '{"\\ufb33":1,"\\ud83d\\ude00":2}',
    '{"\u{1f600}":2,"\ufb33":1}',
  ),
  written("a list in its own order", "[3,1,2]", "[3,1,2]"),
  written("no white space", '{\n  "a" : [ 1 , 2 ]\n}', '{"a":[1,2]}'),
  written("minus zero", "[-0]", "[0]"),
  written("a whole number written as a fraction", "[1.0,100e-2]", "[1,1]"),
  written("large numbers", "[1e20,1e21]", "[100000000000000000000,1e+21]"),
  written("small numbers", "[0.000001,0.0000001]", "[0.000001,1e-7]"),
  written("the nearest double", "[0.1,333333333.33333329]", "[0.1,333333333.3333333]"),
  written("escapes that JSON needs", '["\\u0000\\u001f\\"\\\\"]', '["\\u0000\\u001f\\"\\\\"]'),
  written("short escapes", '["\\u0008\\u0009\\u000a\\u000c\\u000d"]', '["\\b\\t\\n\\f\\r"]'),
  written("no escape that JSON does not need", '["\\u00e4\\/\\u007f\\u20ac"]', '["ä/\u007f€"]'),
  written("no normalisation", '["\\u00e4","a\\u0308"]', '["\u00e4","a\u0308"]'),
  written("true, false, null", "[true,false,null]", "[true,false,null]"),
  written(
    "a consent",
    '{"notice":3,"purposes":["results"],"givenAt":"2026-11-20T20:15:00Z","language":"de"}',
    '{"givenAt":"2026-11-20T20:15:00Z","language":"de","notice":3,"purposes":["results"]}',
  ),
  { comment: "half a surrogate pair", expect: "refused", json: '["\\ud83d"]' },
  { comment: "half a surrogate pair as a name", expect: "refused", json: '{"\\ude00":1}' },
];
