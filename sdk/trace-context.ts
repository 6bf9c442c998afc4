// W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a piece of work belongs to, in 55 characters.

/** A span as others name it. `traceId` is 32 hex digits, `spanId` 16; both are random and never zero. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

const sampledFlag = 0x01;
const form =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const randomHex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

/** A span that begins a trace. */
export const newTrace = (): SpanContext => ({ traceId: randomHex(16), spanId: randomHex(8) });

/** A span within the same trace. */
export const newSpan = ({ traceId }: SpanContext): SpanContext => ({
  traceId,
  spanId: randomHex(8),
});

/** §3.2. Only what is sampled is handed on at all. */
export const traceparentOf = ({ traceId, spanId }: SpanContext): string =>
  `00-${traceId}-${spanId}-01`;

/**
 * The span that a traceparent names; undefined where it is not one, or where its trace is not recorded. A later version may
 * be longer (§3.2.4); this one must not.
 */
export function spanOf(traceparent: string | null | undefined): SpanContext | undefined {
  const [, version, traceId, spanId, flags = "", more] = form.exec(traceparent ?? "") ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (version === "00" && more !== undefined) return undefined;
  return (Number.parseInt(flags, 16) & sampledFlag) === 0 ? undefined : { traceId, spanId };
}
