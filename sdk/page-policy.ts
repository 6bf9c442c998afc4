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

/** The same for what `/u/<invitation>` shows: without JavaScript a plain form there unsubscribes, at that very address. */
export const preferencesPolicy = [...common, "form-action 'self'"].join("; ");
