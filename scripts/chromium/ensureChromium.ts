// Makes sure that there is a Chromium to test in: an installed one, else Debian's package, else a line that says what to install.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { findChromium } from "./chromium.ts";

const ADVICE =
  "Install Google Chrome (https://www.google.com/chrome) or Chromium (Debian: apt-get install chromium; Fedora: dnf install chromium; macOS: brew install --cask chromium), or set CHROME_PATH to its executable.";

/** The path of a Chromium. Ends the program with the reason and what to install where there is none and none can be had. */
export function ensureChromium(): string {
  const found = findChromium();
  if (found) return found;
  const named = process.env["CHROME_PATH"];
  if (named) return stop(`CHROME_PATH names ${named}, and there is no such file.`);
  if (canUseApt()) {
    console.error("No Chrome or Chromium found: installing Debian's chromium (once) ...");
    apt("update");
    apt("install", "--yes", "--no-install-recommends", "chromium");
  }
  return findChromium() ?? stop("A Chrome or Chromium is needed, and none was found.");
}

/** Whether packages can be installed without asking: Debian or a child of it, as root. */
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
