// The browser and the system as a result of the lab names them.

/** More specific names first: Edge also calls itself Chrome, and Chrome calls itself Safari. */
const BROWSERS: readonly (readonly [name: string, version: RegExp])[] = [
  ["Edge", /Edg\/(\d+)/],
  ["Firefox", /Firefox\/(\d+)/],
  ["Chromium", /Chrom(?:e|ium)\/(\d+)/],
  ["Safari", /Version\/(\d+).*Safari/],
];
const SYSTEMS: readonly (readonly [name: string, mark: RegExp])[] = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
];

/** "Chromium 156 on Linux", from a user agent string. */
export function browserHost(userAgent: string): string {
  const found = BROWSERS.flatMap(([name, version]) => {
    const number = version.exec(userAgent)?.[1];
    return number === undefined ? [] : [`${name} ${number}`];
  });
  const system = SYSTEMS.find(([, mark]) => mark.test(userAgent))?.[0] ?? "an unknown system";
  return `${found[0] ?? "An unknown browser"} on ${system}`;
}
