// npm run bench: measures on this machine's adapter; arguments.ts lists what.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename } from "node:path";
import { smollm2File } from "../scripts/data/smollm2.ts";
import { writeTexts } from "../scripts/data/texts.ts";
import { runCommand } from "../src/cli/host/command.ts";
import { type Headless, openHeadless } from "../src/cli/host/headless.ts";
import { BENCH_USAGE, type BenchArguments, readBenchArguments } from "./arguments.ts";
import { EXPORT_PAGE, exportLine, measureExport, megabytes, openForExport } from "./export/exportHeap.ts";
import { SMOLLM2_135M, sizesOf } from "../src/lab/syntheticModel.ts";
import { writeSyntheticModel } from "./export/syntheticModel.ts";
import { importLab } from "./lab/importLab.ts";
import { profileLines, realModelLine, tableOf } from "./resultLines.ts";

const MODEL = "public/model";
const TEXT = "public/text/sotu-held.txt";
/** Characters of the text that are enough for every measurement. */
const TEXT_LENGTH = 200_000;
/** Enough steps to see how they vary, few enough to wait for on a software adapter. */
const REAL = { tokens: 64, steps: 20 };
const SYNTHETIC = ".cache/synthetic/smollm2-135m";

const text = (): string => readFileSync(TEXT, "utf8").slice(0, TEXT_LENGTH);

/** Runs `work` with the benchmark's page; what the page reports goes to stderr. */
async function withPage<T>(
  page: { path: string; ready: string },
  work: (headless: Headless) => Promise<T>,
): Promise<T> {
  const headless = await openHeadless((line) => process.stderr.write(`${String(line)}\n`), page);
  try {
    return await work(headless);
  } finally {
    await headless.close();
  }
}
const BENCH_PAGE = { path: "bench/page/page.html", ready: "bench" };

/** Writes the figures with the date and the machine. */
function write(file: string, { page }: Headless, figures: object): void {
  const browser = page.context().browser()?.version() ?? "unknown";
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, browser };
  const measured = new Date().toISOString().slice(0, 10);
  writeFileSync(file, `${JSON.stringify({ measured, machine, ...figures }, null, 1)}\n`);
}

async function benchAll({ model = MODEL, tokens, rounds, out = "bench/results.json" }: BenchArguments): Promise<void> {
  await withPage(BENCH_PAGE, async (headless) => {
    const request = { model: headless.files.serve(model), text: text(), tokens: [...tokens], rounds };
    const answer = await headless.page.evaluate((one) => window.bench(one), request);
    write(out, headless, answer);
    process.stdout.write(tableOf(answer));
  });
}

async function benchProfile({ model = MODEL, tokens: [tokens = 128], rounds, out }: BenchArguments): Promise<void> {
  await withPage(BENCH_PAGE, async (headless) => {
    const request = { model: headless.files.serve(model), text: text(), tokens, steps: rounds };
    const figure = await headless.page.evaluate((one) => window.benchProfile(one), request);
    if (out !== undefined) write(out, headless, figure);
    process.stdout.write(profileLines(figure));
  });
}

/** Each form twice: once for the time and the memory that the browser uses, once for the part of that memory that is still needed. */
async function benchExport({ model, out = "bench/export.json" }: BenchArguments): Promise<void> {
  if (model === undefined) await writeSyntheticModel(SYNTHETIC, SMOLLM2_135M);
  await withPage(EXPORT_PAGE, async (headless) => {
    await openForExport(headless, model ?? SYNTHETIC);
    const forms = [];
    for (const form of ["masked", "compact", "onnx"] as const) {
      const figure = await measureExport(headless, form);
      const needed = await measureExport(headless, form, true);
      forms.push({ ...figure, needed: { prepare: needed.prepare.peak, zip: needed.zip.peak } });
      process.stdout.write(
        `${exportLine(figure)}; of the heap still needed: ${megabytes(needed.prepare.peak.bytes)}\n`,
      );
    }
    const sizes = model === undefined ? { shape: SMOLLM2_135M, ...sizesOf(SMOLLM2_135M) } : { model: basename(model) };
    write(out, headless, { ...sizes, forms });
  });
}

async function benchReal({ model, out = "bench/realModel.json" }: BenchArguments): Promise<void> {
  const file = model ?? (await smollm2File());
  await withPage(BENCH_PAGE, async (headless) => {
    const request = { model: headless.files.serve(file), text: text(), ...REAL };
    const figure = await headless.page.evaluate((one) => window.benchRealModel(one), request);
    write(out, headless, figure);
    process.stdout.write(realModelLine(figure));
  });
}

async function importResult({ file = "", out }: BenchArguments): Promise<void> {
  process.stdout.write(`${importLab(file, out)}\n`);
}

const BENCHES = { import: importResult, all: benchAll, profile: benchProfile, export: benchExport, real: benchReal };

await runCommand(BENCH_USAGE, async (argv) => {
  const given = readBenchArguments(argv);
  await writeTexts();
  await BENCHES[given.kind](given);
  return undefined;
});
