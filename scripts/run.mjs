// The entry of every npm script that must work on a fresh clone: installs missing packages, then runs the command.
// Plain JavaScript without dependencies, because there may be none yet. The commands are TypeScript, run through tsx.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The file of each command, and whether it always needs a Chromium. */
const COMMANDS = {
  start: { file: "scripts/studio/start.ts" },
  dev: { file: "scripts/studio/dev.ts" },
  build: { file: "scripts/studio/build.ts" },
  test: { file: "scripts/test/runTests.ts" },
  parity: { file: "src/cli/parity.ts" },
  prune: { file: "src/cli/prune.ts" },
  compare: { file: "src/cli/compare.ts" },
  evaluate: { file: "src/cli/evaluate.ts" },
  plan: { file: "src/cli/plan.ts" },
  "verify:python": { file: "scripts/verifyPython.ts" },
  "verify:tokenizers": { file: "scripts/verifyTokenizers.ts" },
  bench: { file: "bench/run.ts" },
  lab: { file: "bench/lab/command.ts" },
  quality: { file: "bench/quality.ts" },
  soak: { file: "bench/soak.ts", browser: true },
  screenshots: { file: "scripts/studio/screenshots.ts", browser: true },
};

/** Ends the program with a line that says what is wrong and what to do. */
function stop(message) {
  console.error(message);
  process.exit(1);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(
    `Node: expected 20.19 or newer, got ${process.versions.node}. Install it from https://nodejs.org and try again.`,
  );
}

/** In an address, these end the path: Vite would look for other files. */
function checkPath() {
  const found = /[#?]/.exec(ROOT)?.[0];
  if (found)
    stop(
      `Folder: expected a path without # and ?, got ${JSON.stringify(found)} in ${ROOT}. Move or rename the folder and try again.`,
    );
}

const packagesOf = (file) => (existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")).packages ?? {}) : undefined);

/** Whether npm's record of installed packages agrees with package-lock.json; packages for other platforms may be missing. */
function installed() {
  const expected = packagesOf(join(ROOT, "package-lock.json"));
  const found = packagesOf(join(ROOT, "node_modules/.package-lock.json"));
  if (!expected || !found) return false;
  return Object.entries(expected).every(([path, { version, optional, devOptional, peer }]) => {
    if (path === "") return true;
    const present = found[path];
    return present ? present.version === version : Boolean(optional ?? devOptional ?? peer);
  });
}

function install() {
  if (installed()) return;
  console.error("Installing the packages of package-lock.json (once, takes about a minute) ...");
  // stdout belongs to the command (parity and prune print JSON there), so npm's output goes to stderr
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
if (!command) stop(`command: expected one of ${Object.keys(COMMANDS).join(", ")}, got "${name}"`);
checkNode();
checkPath();
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
// the command finds its arguments where they would be if it were started directly
process.argv = [process.argv[0], join(ROOT, command.file), ...args];
await load(command.file);
