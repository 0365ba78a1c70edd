// Finds a Chromium, installs Debian's package where it can, or says what to install.
import { installOnDebian } from "../installOnDebian.ts";
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
  installOnDebian("chromium");
  const installed = findChromium();
  if (!installed) throw new Error(`Chrome or Chromium: expected an installed one, got none. ${ADVICE}`);
  return installed;
}
