const common = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

/** The page's Content-Security-Policy: its own scripts and WebAssembly, no third party, no markup from text. */
export const pagePolicy = [...common, "form-action 'none'"].join("; ");

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
export const preferencesPolicy = [...common, "form-action 'self'"].join("; ");
