// The name of a browser for receipts.
import { expect, it } from "vitest";
import { browserName } from "./browsers.ts";

const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

it.each([
  [`${MAC} ${CHROME}`, "Chrome 156"],
  [`${MAC} ${CHROME.replace("Chrome/", "HeadlessChrome/")}`, "Chrome 156"],
  [`${MAC} ${CHROME} Edg/155.0.0.0`, "Edge 155"],
  [`${MAC} ${CHROME} OPR/120.0.0.0`, "Opera 120"],
  [`${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0.1 Safari/605.1.15`, "Safari 26"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145"],
  ["", "browser"],
])("%s", (agent, name) => {
  expect(browserName(agent)).toBe(name);
});
