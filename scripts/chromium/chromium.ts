// Where Chromium is, and the flags that enable WebGPU in it; for tests, benchmarks and the command line.
import { existsSync } from "node:fs";

const USUAL_PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

/** The path of the installed browser: CHROME_PATH if it is set, else the first of the usual paths; undefined if there is none. */
export function findChromium(): string | undefined {
  const named = process.env["CHROME_PATH"];
  if (named) return existsSync(named) ? named : undefined;
  return USUAL_PATHS.find((path) => existsSync(path));
}

/** Flags for headless WebGPU on the software adapter, or on the real GPU with ESPALIER_ADAPTER=hardware. */
export function chromiumFlags(): string[] {
  const flags = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-webgpu",
  ];
  if (process.env["ESPALIER_ADAPTER"] === "hardware") flags.push("--enable-features=Vulkan", "--use-angle=vulkan");
  else flags.push("--use-webgpu-adapter=swiftshader");
  return flags;
}

/** What Playwright launches the installed browser with; its own browser, if there is none. */
export function chromiumLaunch(args: readonly string[] = chromiumFlags()): { executablePath?: string; args: string[] } {
  const executablePath = findChromium();
  return { ...(executablePath ? { executablePath } : {}), args: [...args] };
}
