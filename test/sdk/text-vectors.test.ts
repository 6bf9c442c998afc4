import { describe, expect, test } from "vitest";
import { base64url, fromBase64url, hex, textOf } from "../../sdk/bytes.ts";
import { canonicalBytes } from "../../sdk/canonical.ts";
import type { Base64urlCase, CanonicalCase } from "../vectors/text-cases.ts";
import { readVectors } from "../vectors/read.ts";

const base64urls = (readVectors("base64url.json") as { cases: Base64urlCase[] }).cases; // See readVectors.
const canonicals = (readVectors("canonical.json") as { cases: CanonicalCase[] }).cases; // See readVectors.

const write = (json: string) => textOf(canonicalBytes(JSON.parse(json)));

describe("base64url", () => {
  for (const { comment, text, bytes } of base64urls)
    test(`${bytes === undefined ? "refuses" : "decodes"} ${comment}`, () => {
      const decoded = fromBase64url(text);
      expect(decoded && hex(decoded)).toBe(bytes);
      if (decoded) expect(base64url(decoded)).toBe(text);
    });
});

describe("RFC 8785", () => {
  for (const { comment, json, canonical } of canonicals)
    test(`${canonical === undefined ? "refuses" : "writes"} ${comment}`, () => {
      if (canonical === undefined) expect(() => write(json)).toThrow(Error);
      else expect(write(json)).toBe(canonical);
    });
});

test("no vector is skipped", () => {
  expect(base64urls).toHaveLength(34);
  expect(canonicals).toHaveLength(22);
});
