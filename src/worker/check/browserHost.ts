// The browser and the system as a result of the lab names them.
import { browserName } from "../../shared/browsers.ts";

const SYSTEMS: readonly (readonly [name: string, mark: RegExp])[] = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
];

/** "Chromium 156 on Linux", from a user agent string. Every build of Chromium without a name of its own calls itself Chrome there. */
export function browserHost(userAgent: string): string {
  const name = browserName(userAgent);
  const browser = name === "browser" ? "An unknown browser" : name.replace("Chrome", "Chromium");
  const system = SYSTEMS.find(([, mark]) => mark.test(userAgent))?.[0] ?? "an unknown system";
  return `${browser} on ${system}`;
}
