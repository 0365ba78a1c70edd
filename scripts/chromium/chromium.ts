// Where Chromium is and the flags that give it WebGPU: the one home of both, for tests, benchmarks and the command line.
import { existsSync } from "node:fs";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

/** The installed browser: CHROME_PATH if set, else the usual places; undefined where there is none. */
export function findChromium(): string | undefined {
  const named = process.env["CHROME_PATH"];
  if (named) return existsSync(named) ? named : undefined;
  return PLACES.find((place) => existsSync(place));
}

/** Flags for headless WebGPU. ESPALIER_ADAPTER=hardware asks for the real GPU; the default is the software adapter. */
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
