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
