// The browsers that the studio supports: the first versions with WebGPU as it is used here.

export const FIRST_VERSIONS = {
  /** Also Edge. It has had WebGPU since 113 (121 on Android), and says what its adapter is since 127. */
  chrome: 127,
  safari: 26,
  firefoxWindows: 141,
  firefoxMac: 145,
} as const;

const { chrome, safari, firefoxWindows, firefoxMac } = FIRST_VERSIONS;

/** The supported browsers in one line, for messages. */
export const SUPPORTED_BROWSERS = `Chrome or Edge ${chrome}+, Safari ${safari}+, or Firefox ${firefoxWindows}+ on Windows and ${firefoxMac}+ on macOS`;

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
