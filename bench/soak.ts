// npm run soak -- [SCENARIO...]: does the same thing over and over in the built studio, and fails where memory grows.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { chromium } from "playwright";
import { format } from "prettier";
import { build } from "vite";
import { chromiumFlags } from "../scripts/chromium/chromium.ts";
import { ensureChromium } from "../scripts/chromium/ensureChromium.ts";
import { freshFolder } from "../scripts/studio/builtFolder.ts";
import { serveBuilt } from "../scripts/studio/serve.ts";
import { UsageError } from "../src/cli/arguments/usageError.ts";
import { runCommand } from "../src/cli/host/command.ts";
import { NAMES, type ScenarioName, SCENARIOS } from "./soak/scenarios.ts";
import { soak } from "./soak/soak.ts";
import { grown, growthOf, type SoakRun, soakReport } from "./soak/verdict.ts";

const [JSON_FILE, REPORT] = ["bench/soak.json", "bench/soak.md"];
/** Code that has run often is compiled again for minutes, and machine code is part of the heap: growth that is not the studio's. */
const NO_SECOND_COMPILERS = "--js-flags=--no-sparkplug --no-maglev --no-opt";

const USAGE = `usage: npm run soak -- [SCENARIO...]
Repeats a scenario in the built studio, each in a minute or a few, and writes how GPU memory, heaps and stored bytes changed to ${JSON_FILE}
and ${REPORT}. Ends with 1 where one of them grew by more than 2 % after the warm-up. Scenarios (default: all):
${Object.entries(SCENARIOS)
  .map(([name, { title }]) => `  ${name.padEnd(12)}${title}`)
  .join("\n")}`;

function readNames(argv: readonly string[]): readonly ScenarioName[] {
  const names = argv.map((word) => {
    const name = NAMES.find((known) => known === word);
    if (!name) throw new UsageError(`SCENARIO: expected one of ${NAMES.join(", ")}, got "${word}"`);
    return name;
  });
  return names.length > 0 ? names : NAMES;
}

/** Replaces the runs of earlier soaks of the same scenarios. */
async function write(name: ScenarioName, run: SoakRun): Promise<void> {
  const before = existsSync(JSON_FILE) ? (JSON.parse(readFileSync(JSON_FILE, "utf8")) as Record<string, SoakRun>) : {};
  const all = { ...before, [name]: run };
  const ordered = Object.fromEntries(NAMES.flatMap((one) => (all[one] ? [[one, all[one]]] : [])));
  const style = { printWidth: 120 };
  writeFileSync(JSON_FILE, await format(JSON.stringify(ordered), { ...style, parser: "json" }));
  writeFileSync(REPORT, await format(soakReport(ordered), { ...style, parser: "markdown" }));
}

await runCommand(USAGE, async (argv) => {
  const names = readNames(argv);
  const folder = freshFolder();
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await build({ logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
  const served = await serveBuilt(folder);
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: [...chromiumFlags(), NO_SECOND_COMPILERS],
  });
  const faults: string[] = [];
  try {
    for (const name of names) {
      const scenario = SCENARIOS[name];
      const rounds = scenario.rounds.long;
      const onRound = (figures: object, i: number): void =>
        void process.stderr.write(`${name} ${i + 1} of ${rounds}: ${JSON.stringify(figures)}\n`);
      const { figures, adapter } = await soak(browser, scenario, { address: served.address, rounds, onRound });
      const growth = growthOf(figures, scenario.warmUp);
      const date = new Date().toISOString().slice(0, 10);
      await write(name, { title: scenario.title, date, adapter, cores: cpus().length, rounds, growth });
      faults.push(...grown(growth).map((fault) => `${name}: ${fault}`));
    }
  } finally {
    await browser.close();
    await served.close();
  }
  if (faults.length === 0) return 0;
  process.stderr.write(`${faults.join("\n")}\n`);
  return 1;
});
