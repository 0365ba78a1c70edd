// npm run bench [-- --rounds 7 --tokens 128,256 --model DIR]: measures on this machine's adapter and writes bench/results.json.
// npm run bench -- --export [--model DIR]: the memory and time of an export instead (default: random weights of SmolLM2-135M's shape).
// npm run bench -- --real [--model FILE.gguf]: opening and training a model of a real size (default: SmolLM2-135M-Instruct, fetched once).
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { basename } from "node:path";
import { UsageError } from "../src/cli/arguments/usageError.ts";
import { type Headless, openHeadless } from "../src/cli/host/headless.ts";
import { smollm2File } from "../scripts/data/smollm2.ts";
import { writeTexts } from "../scripts/data/texts.ts";
import { EXPORT_PAGE, exportLine, measureExport, megabytes, openForExport } from "./export/exportHeap.ts";
import { SMOLLM2_135M, sizesOf, writeSyntheticModel } from "./export/syntheticModel.ts";
import { realModelLine, tableOf } from "./resultLines.ts";

const TEXT = "public/text/sotu-held.txt";
const RESULTS = "bench/results.json";
const EXPORT_RESULTS = "bench/export.json";
const REAL_RESULTS = "bench/realModel.json";
/** Enough steps to see how they vary, few enough to wait for on a software adapter. */
const REAL = { tokens: 64, steps: 20 };
const SYNTHETIC = ".cache/synthetic/smollm2-135m";

function machineOf({ page }: Headless): { cpu: string; cores: number; browser: string } {
  const browser = page.context().browser()?.version() ?? "unknown";
  return { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, browser };
}

/** Every form once for its time and what the browser really holds, and once more for what is still needed of that. */
async function benchExport({ model, out }: { model?: string; out?: string }): Promise<void> {
  const synthetic = model === undefined;
  if (synthetic) writeSyntheticModel(SYNTHETIC, SMOLLM2_135M);
  const headless = await openHeadless(undefined, EXPORT_PAGE);
  try {
    await openForExport(headless, model ?? SYNTHETIC);
    const forms = [];
    for (const form of ["masked", "compact", "onnx"] as const) {
      const figure = await measureExport(headless, form);
      const needed = await measureExport(headless, form, true);
      forms.push({ ...figure, needed: { prepare: needed.prepare.peak, zip: needed.zip.peak } });
      process.stdout.write(`${exportLine(figure)}; still needed at most ${megabytes(needed.prepare.peak.bytes)}\n`);
    }
    const sizes = synthetic ? { shape: SMOLLM2_135M, ...sizesOf(SMOLLM2_135M) } : { model: basename(model) };
    const measured = new Date().toISOString().slice(0, 10);
    const answer = { measured, machine: machineOf(headless), ...sizes, forms };
    writeFileSync(out ?? EXPORT_RESULTS, `${JSON.stringify(answer, null, 1)}\n`);
  } finally {
    await headless.close();
  }
}

async function benchReal({ model, out }: { model?: string; out?: string }): Promise<void> {
  const file = model ?? (await smollm2File());
  const headless = await openBench();
  try {
    const request = { model: headless.files.serve(file), text: readFileSync(TEXT, "utf8").slice(0, 200_000), ...REAL };
    const figure = await headless.page.evaluate((one) => window.benchRealModel(one), request);
    const measured = new Date().toISOString().slice(0, 10);
    const answer = { measured, machine: machineOf(headless), ...figure };
    writeFileSync(out ?? REAL_RESULTS, `${JSON.stringify(answer, null, 1)}\n`);
    process.stdout.write(realModelLine(figure));
  } finally {
    await headless.close();
  }
}

const openBench = (): Promise<Headless> =>
  openHeadless((line) => process.stderr.write(`${String(line)}\n`), { path: "bench/page/page.html", ready: "bench" });

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "7" },
      tokens: { type: "string", default: "128,256" },
      model: { type: "string" },
      out: { type: "string" },
      export: { type: "boolean", default: false },
      real: { type: "boolean", default: false },
    },
  });
  if (values.export) return benchExport(values);
  if (values.real) return benchReal(values);
  const rounds = Number(values.rounds);
  const tokens = values.tokens.split(",").map(Number);
  if (![rounds, ...tokens].every((value) => Number.isInteger(value) && value > 0)) {
    throw new UsageError("--rounds and --tokens take whole numbers above 0, such as --rounds 7 --tokens 128,256");
  }
  await writeTexts();
  const headless = await openBench();
  try {
    const request = {
      model: headless.files.serve(values.model ?? "public/model"),
      text: readFileSync(TEXT, "utf8").slice(0, 200_000),
      tokens,
      rounds,
    };
    const answer = await headless.page.evaluate((one) => window.bench(one), request);
    const machine = machineOf(headless);
    writeFileSync(
      values.out ?? RESULTS,
      `${JSON.stringify({ measured: new Date().toISOString().slice(0, 10), machine, ...answer }, null, 1)}\n`,
    );
    process.stdout.write(tableOf(answer));
  } finally {
    await headless.close();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
