// User agents as published by the browsers.
import { expect, test } from "vitest";
import { browserHost } from "./browserHost.ts";

const APPLE = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`Mozilla/5.0 (X11; Linux x86_64) ${APPLE} Chrome/156.0.0.0 Safari/537.36`, "Chromium 156 on Linux"],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${APPLE} Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0`,
    "Edge 150 on Windows",
  ],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145 on Windows"],
  [`Mozilla/5.0 (Linux; Android 10; K) ${APPLE} Chrome/156.0.0.0 Mobile Safari/537.36`, "Chromium 156 on Android"],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    "Safari 26 on macOS",
  ],
  ["curl/8", "An unknown browser on an unknown system"],
])("%s", (userAgent, host) => {
  expect(browserHost(userAgent)).toBe(host);
});
