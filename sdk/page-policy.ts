const common = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
];
const noTypes = "trusted-types 'none'";

const own = "frame-ancestors 'self'";

/**
 * The page's Content-Security-Policy: its own scripts and WebAssembly, no third party, no markup from text. The one type
 * makes the address of the service worker and no other (widget/web/serving.ts).
 */
export const pagePolicy = [
  ...common,
  own,
  "worker-src 'self'",
  "trusted-types maily-service-worker",
  "form-action 'none'",
].join("; ");

/** Of the service worker: it speaks with the edge alone, and runs nothing but itself. */
export const workerPolicy = "default-src 'none'; connect-src 'self'; base-uri 'none'";

/** The page's in a frame of these origins' pages and in no other; in none without one. */
export const framePolicy = (ancestors: readonly string[]): string =>
  [
    ...common,
    noTypes,
    `frame-ancestors ${ancestors.length === 0 ? "'none'" : ancestors.join(" ")}`,
    "form-action 'none'",
  ].join("; ");

/** Of a document that only says something: no script, no form, nothing from elsewhere, in no frame. */
export const documentPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The same for what `/u/<invitation>` shows: without JavaScript a plain form there unsubscribes, at that very address. */
export const preferencesPolicy = [...common, noTypes, own, "form-action 'self'"].join("; ");
