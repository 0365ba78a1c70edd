// What the studio's page may load, run and reach: as a tag in the built page, and as headers by npm start.

/** Content-Security-Policy of the page and its workers. */
const DIRECTIVES = [
  "default-src 'none'",
  // WebAssembly of the two runtimes that check exports; no eval
  "script-src 'self' 'wasm-unsafe-eval'",
  // wllama starts its worker from a blob
  "worker-src 'self' blob:",
  // models: the hub and other servers by https, this machine by http
  "connect-src 'self' blob: data: https: http://localhost:* http://127.0.0.1:*",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  // React and the charts set styles of elements
  "style-src 'self' 'unsafe-inline'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];

export const PAGE_POLICY = DIRECTIVES.join("; ");

/** A page in a frame of another one could be clicked through; only a header can forbid that. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `${PAGE_POLICY}; frame-ancestors 'none'`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
};
