// npm run quality: the default run on the embedded model, compared with PyTorch's result for the same recipe; writes bench/quality.json.
// With --table it measures all methods at all ratios instead (quality/runs.ts).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseValues } from "../src/cli/arguments/arguments.ts";
import { HOST_OPTIONS, readHostArgument } from "../src/cli/arguments/hostArguments.ts";
import { runCommand } from "../src/cli/host/command.ts";
import type { PruneAnswer } from "../src/cli/page/pruneGates.ts";
import { measureQuality, renderQuality } from "./quality/runs.ts";

const USAGE = `usage: npm run quality [-- OPTIONS]          the default run on the embedded model, compared with PyTorch; writes bench/quality.json.
                                              OPTIONS are those of npm run prune, such as --seed 2
       npm run quality -- --table            all methods at all ratios; writes bench/quality-runs.json and bench/quality.md, and
                                              resumes where it was interrupted
         --host auto                         where the engine runs, as for npm run prune
         --only WORDS                        only the missing runs whose section and name contain all these words; can be repeated, and
                                              the first comes first: --only "Recovery refit" --only "keep 0.5"
       npm run quality -- --table --render   bench/quality.md alone, without measuring
Exit code 1 where the default run ends more than 5 % worse than PyTorch's.`;

const MODEL = "public/model";
const BASELINE = "default recipe: ReinMax, 600 steps x 128 tokens, p 0.5, lambda 6, lr 1e-3";
const RESULTS = "bench/quality.json";
const ONLY = { type: "string", multiple: true } as const;
/** How much worse than the reference the default run may end. */
const LIMIT = 0.05;

interface Baselines {
  dense: { sotu: number };
  disp: Record<string, { kept: number; sotu: number }>;
}

/** Runs the default recipe and compares it with PyTorch's result; returns the exit code. */
function defaultRun(more: readonly string[]): number {
  const out = mkdtempSync(join(tmpdir(), "espalier-quality-"));
  try {
    const texts = ["--text", "public/text/sotu-train.txt", "--eval", "public/text/sotu-held.txt"];
    const args = ["scripts/run.mjs", "prune", "--model", MODEL, ...texts, "--out", out, ...more];
    const { stdout, status } = spawnSync(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`npm run prune ended with exit code ${status ?? "none"}; its reason is above`);
    const found = JSON.parse(stdout) as PruneAnswer;
    const { dense, disp } = JSON.parse(readFileSync(`${MODEL}/baselines.json`, "utf8")) as Baselines;
    const reference = disp[BASELINE];
    if (!reference) throw new Error(`${MODEL}/baselines.json: expected an entry "${BASELINE}", got none`);
    const worse = found.perplexity.pruned / reference.sotu - 1;
    const result = {
      what: "perplexity of the embedded model after the default run; reference: PyTorch with the same recipe, one seed",
      adapter: found.adapter,
      ...found.perplexity,
      keptBlocks: found.keptBlocks,
      steps: found.steps,
      secondsTraining: Math.round(found.secondsTraining),
      reference: { dense: dense.sotu, pruned: reference.sotu, kept: reference.kept },
      worseThanReference: Number(worse.toFixed(4)),
      limit: LIMIT,
      widths: found.widths,
    };
    writeFileSync(RESULTS, `${JSON.stringify(result, null, 1)}\n`);
    process.stdout.write(
      `perplexity ${found.perplexity.pruned.toFixed(2)} (dense ${found.perplexity.dense.toFixed(2)}), reference ${reference.sotu} (dense ${dense.sotu}): ${Math.abs(100 * worse).toFixed(1)} % ${worse > 0 ? "worse" : "better"}; the limit is ${100 * LIMIT} % worse\n`,
    );
    return worse <= LIMIT ? 0 : 1;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** The arguments after --table. */
function tableRun(argv: string[]): Promise<void> {
  const options = { ...HOST_OPTIONS, table: { type: "boolean" }, render: { type: "boolean" }, only: ONLY } as const;
  const values = parseValues(argv, options);
  if (values.render === true) return Promise.resolve(renderQuality());
  const { only = [] } = values;
  return measureQuality({ host: readHostArgument(values), only: Array.isArray(only) ? only.map(String) : [] });
}

const isTable = (argv: readonly string[]): boolean => argv.includes("--table");

/** The default run is a command of its own, which starts Deno itself. */
await runCommand(
  USAGE,
  async (argv) => {
    if (!isTable(argv)) return defaultRun(argv);
    await tableRun(argv);
    return 0;
  },
  (argv) => !isTable(argv),
);
