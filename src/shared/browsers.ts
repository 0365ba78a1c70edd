// The browsers that the studio supports: the first versions with WebGPU.

export const FIRST_VERSIONS = {
  /** On Windows, macOS and ChromeOS; the same for Edge. */
  chrome: 113,
  chromeAndroid: 121,
  safari: 26,
  firefoxWindows: 141,
  firefoxMac: 145,
} as const;

const { chrome, chromeAndroid, safari, firefoxWindows, firefoxMac } = FIRST_VERSIONS;

/** The supported browsers in one line, for messages. */
export const SUPPORTED_BROWSERS = `Chrome or Edge ${chrome}+ (${chromeAndroid}+ on Android), Safari ${safari}+, or Firefox ${firefoxWindows}+ on Windows and ${firefoxMac}+ on macOS`;

/** Parts of a user agent by the browser's name. Others repeat Chrome's and Safari's parts, so these come last. */
const AGENT_PARTS: readonly (readonly [name: string, version: RegExp])[] = [
  ["Edge", /\bEdgA?\/(\d+)/],
  ["Opera", /\bOPR\/(\d+)/],
  ["Firefox", /\bFirefox\/(\d+)/],
  ["Chrome", /\b(?:Headless)?Chrome\/(\d+)/],
  ["Safari", /\bVersion\/(\d+)\S* (?:Mobile\/\S+ )?Safari\//],
];

/** The browser that a user agent names, with its major version: "Chrome 156"; "browser" where it names none of these. */
export function browserName(userAgent: string): string {
  for (const [name, pattern] of AGENT_PARTS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return "browser";
}
