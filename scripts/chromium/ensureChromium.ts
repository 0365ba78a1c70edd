// Finds a Chromium, installs Debian's package where it can, or says what to install.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { findChromium } from "./chromium.ts";

const ADVICE =
  "Install Google Chrome (https://www.google.com/chrome) or Chromium (Debian: apt-get install chromium; Fedora: dnf install chromium; macOS: brew install --cask chromium), or set CHROME_PATH to its executable.";

/** The path of a Chromium; ends the program with advice where `installedChromium` throws. */
export function ensureChromium(): string {
  try {
    return installedChromium();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

/** The path of a Chromium, which may be installed for it. Throws with advice if there is none and none can be installed. */
export function installedChromium(): string {
  const found = findChromium();
  if (found) return found;
  const named = process.env["CHROME_PATH"];
  if (named) throw new Error(`CHROME_PATH: expected a file, got ${named}, which does not exist. ${ADVICE}`);
  if (canUseApt()) {
    console.error("No Chrome or Chromium found: installing Debian's chromium (once) ...");
    apt("update");
    apt("install", "--yes", "--no-install-recommends", "chromium");
  }
  const installed = findChromium();
  if (!installed) throw new Error(`Chrome or Chromium: expected an installed one, got none. ${ADVICE}`);
  return installed;
}

/** Whether packages can be installed without asking: as root, on Debian or a derivative. */
function canUseApt(): boolean {
  const release = "/etc/os-release";
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get") || !existsSync(release)) return false;
  return /^ID(_LIKE)?=.*\bdebian\b/m.test(readFileSync(release, "utf8"));
}

function apt(...args: string[]): void {
  const { status } = spawnSync("apt-get", ["--quiet", ...args], {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (status !== 0) console.error(`apt-get ${args.join(" ")} failed (see above).`);
}
