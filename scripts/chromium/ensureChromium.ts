// Finds a Chromium, installs Debian's package where it can, or says what to install.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { findChromium } from "./chromium.ts";

const ADVICE =
  "Install Google Chrome (https://www.google.com/chrome) or Chromium (Debian: apt-get install chromium; Fedora: dnf install chromium; macOS: brew install --cask chromium), or set CHROME_PATH to its executable.";

/** The path of a Chromium. Ends the program with advice if there is none and none can be installed. */
export function ensureChromium(): string {
  const found = findChromium();
  if (found) return found;
  const named = process.env["CHROME_PATH"];
  if (named) return stop(`CHROME_PATH: expected a file, got ${named}, which does not exist.`);
  if (canUseApt()) {
    console.error("No Chrome or Chromium found: installing Debian's chromium (once) ...");
    apt("update");
    apt("install", "--yes", "--no-install-recommends", "chromium");
  }
  return findChromium() ?? stop("Chrome or Chromium: expected an installed one, got none.");
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

function stop(reason: string): never {
  console.error(`${reason} ${ADVICE}`);
  process.exit(1);
}
