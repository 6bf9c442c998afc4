import { expect, test } from "vitest";
import { newSpan, newTrace, spanOf, traceparentOf } from "../../sdk/trace-context.ts";
import { Traceparent } from "../../sdk/schema/record.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

// The cases of W3C Trace Context §3.2 and §4.
const cases: readonly (readonly [text: string | null, taken: boolean, why: string])[] = [
  [`00-${traceId}-${spanId}-01`, true, "the specification's own example"],
  [`00-${traceId}-${spanId}-03`, true, "a flag of a later version beside it"],
  [`00-${traceId}-${spanId}-00`, false, "not sampled"],
  [`01-${traceId}-${spanId}-01`, true, "a later version"],
  [`01-${traceId}-${spanId}-01-more`, true, "a later version that is longer"],
  [`01-${traceId}-${spanId}-01more`, false, "longer without a dash"],
  [`00-${traceId}-${spanId}-01-more`, false, "this version is never longer"],
  [`ff-${traceId}-${spanId}-01`, false, "the version that is forbidden"],
  [`00-${"0".repeat(32)}-${spanId}-01`, false, "no trace"],
  [`00-${traceId}-${"0".repeat(16)}-01`, false, "no span"],
  [`00-${traceId.toUpperCase()}-${spanId}-01`, false, "upper case"],
  [`00-${traceId}-${spanId}`, false, "no flags"],
  [`00-${traceId.slice(1)}-${spanId}-01`, false, "a short trace id"],
  [` 00-${traceId}-${spanId}-01`, false, "a blank before it"],
  [`00-${traceId}-${spanId}-01\n`, false, "a line's end"],
  ["", false, "empty"],
  [null, false, "absent"],
];

for (const [text, taken, why] of cases)
  test(`${taken ? "takes" : "does not take"} ${why}`, () => {
    expect(spanOf(text)).toEqual(taken ? { traceId, spanId } : undefined);
  });

test("what is written is read again, and the intake's schema takes it", () => {
  const trace = newTrace();
  const span = newSpan(trace);
  expect(span.traceId).toBe(trace.traceId);
  expect(span.spanId).not.toBe(trace.spanId);
  expect(spanOf(traceparentOf(span))).toEqual(span);
  expect(Traceparent.parse(traceparentOf(span))).toHaveLength(55);
});

test("the intake's schema takes nothing else", () => {
  for (const [text] of cases.slice(2)) expect(Traceparent.safeParse(text).success).toBe(false);
});
