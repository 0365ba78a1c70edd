// npm run quality: the default run on the embedded model, beside what PyTorch gets with the same recipe; writes bench/quality.json.
// With --table instead: all methods at all sizes (qualityRuns.ts).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PruneAnswer } from "../src/cli/page/pruneGates.ts";

const MODEL = "public/model";
const BASELINE = "default recipe: ReinMax, 600 steps x 128 tokens, p 0.5, lambda 6, lr 1e-3";
const RESULTS = "bench/quality.json";
/** How much worse than the reference the default run may end. */
const LIMIT = 0.05;

interface Baselines {
  dense: { sotu: number };
  disp: Record<string, { kept: number; sotu: number }>;
}

/** The default run, held against the reference. */
function defaultRun(): void {
  const out = mkdtempSync(join(tmpdir(), "espalier-quality-"));
  try {
    const texts = ["--text", "public/text/sotu-train.txt", "--eval", "public/text/sotu-held.txt"];
    const args = ["scripts/run.mjs", "prune", "--model", MODEL, ...texts, "--out", out, ...process.argv.slice(2)];
    const { stdout, status } = spawnSync(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the run ended with code ${status ?? "none"}`);
    const found = JSON.parse(stdout) as PruneAnswer;
    const { dense, disp } = JSON.parse(readFileSync(`${MODEL}/baselines.json`, "utf8")) as Baselines;
    const reference = disp[BASELINE];
    if (!reference) throw new Error(`${MODEL}/baselines.json has no "${BASELINE}"`);
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
      `perplexity ${found.perplexity.pruned.toFixed(2)} (dense ${found.perplexity.dense.toFixed(2)}), reference ${reference.sotu} (dense ${dense.sotu}): ${Math.abs(100 * worse).toFixed(1)} % ${worse > 0 ? "worse" : "better"}; at most ${100 * LIMIT} % worse is allowed\n`,
    );
    process.exitCode = worse <= LIMIT ? 0 : 1;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

if (process.argv.includes("--table")) await import("./quality/runs.ts");
else defaultRun();
