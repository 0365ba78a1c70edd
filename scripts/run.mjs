// The entry of every npm script that must work on a fresh clone: installs what is missing, then hands over to the command.
// Plain JavaScript without dependencies, because there may be none yet; everything behind it is TypeScript, run through tsx.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Each command's file, and whether it drives a Chromium. */
const COMMANDS = {
  start: { file: "scripts/studio/start.ts" },
  dev: { file: "scripts/studio/dev.ts" },
  build: { file: "scripts/studio/build.ts" },
  test: { file: "scripts/test/runTests.ts" },
  parity: { file: "src/cli/parity.ts", browser: true },
  prune: { file: "src/cli/prune.ts", browser: true },
  compare: { file: "src/cli/compare.ts", browser: true },
  "verify:python": { file: "scripts/verifyPython.ts" },
  bench: { file: "bench/run.ts", browser: true },
  quality: { file: "bench/quality.ts", browser: true },
  screenshot: { file: "scripts/studio/screenshot.ts", browser: true },
};

/** What came in the way of the set-up, in a line that says what to do. */
function stop(message) {
  console.error(message);
  process.exit(1);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(
    `Node 20.19 or newer is needed; this is ${process.versions.node}. Install it from https://nodejs.org and try again.`,
  );
}

const packagesOf = (file) => (existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")).packages ?? {}) : undefined);

/** Compares package-lock.json with npm's own record of what it installed; packages for other platforms may be absent. */
function installed() {
  const wanted = packagesOf(join(ROOT, "package-lock.json"));
  const found = packagesOf(join(ROOT, "node_modules/.package-lock.json"));
  if (!wanted || !found) return false;
  return Object.entries(wanted).every(([path, { version, optional, devOptional, peer }]) => {
    if (path === "") return true;
    const present = found[path];
    return present ? present.version === version : Boolean(optional ?? devOptional ?? peer);
  });
}

function install() {
  if (installed()) return;
  console.error("Installing the packages of package-lock.json (once; a minute or so) ...");
  // stdout belongs to the command (parity and prune print JSON there), so npm's goes to stderr
  const { status, error } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: ROOT,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (error) stop(`npm could not be started (${error.message}). It comes with Node: is it on the PATH?`);
  if (status !== 0)
    stop("npm ci failed (see above). It needs the npm registry once: check the connection, then try again.");
}

const [name = "", ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (!command) stop(`Expected one of ${Object.keys(COMMANDS).join(", ")}; "${name}" came.`);
checkNode();
process.chdir(ROOT);
install();

const { register } = await import("tsx/esm/api");
register();
const load = (file) => import(pathToFileURL(join(ROOT, file)).href);
const { writeTexts } = await load("scripts/data/texts.ts");
await writeTexts();
if (command.browser) {
  const { ensureChromium } = await load("scripts/chromium/ensureChromium.ts");
  ensureChromium();
}
// the command sees its own arguments where it would see them if it were started by itself
process.argv = [process.argv[0], join(ROOT, command.file), ...args];
await load(command.file);
