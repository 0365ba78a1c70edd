// npm run bench: measures on this machine's adapter; arguments.ts lists what.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { basename } from "node:path";
import { smollm2File } from "../scripts/data/smollm2.ts";
import { writeTexts } from "../scripts/data/texts.ts";
import { runCommand } from "../src/cli/host/command.ts";
import { openHeadless } from "../src/cli/host/chromium.ts";
import type { Host } from "../src/cli/host/host.ts";
import { openHost } from "../src/cli/host/openHost.ts";
import { BENCH_USAGE, type BenchArguments, readBenchArguments } from "./arguments.ts";
import { EXPORT_PAGE, exportLine, measureExport, megabytes, openForExport } from "./export/exportHeap.ts";
import { SMOLLM2_135M, sizesOf } from "../src/lab/syntheticModel.ts";
import { writeSyntheticModel } from "./export/syntheticModel.ts";
import { importLab } from "./lab/importLab.ts";
import { benchLarge } from "./large/large.ts";
import type { benchCommands } from "./page/page.ts";
import { MAP_PAGE, mapLine, measureMap } from "./map/measureMap.ts";
import { measurePeers, openPeers, peersTable } from "./peers/measure.ts";
import { README, renderReadme } from "./readme/readme.ts";
import { profileLines, realModelLine, tableOf } from "./resultLines.ts";

const MODEL = "public/model";
const TEXT = "public/text/sotu-held.txt";
/** Characters of the text that are enough for every measurement. */
const TEXT_LENGTH = 200_000;
const SYNTHETIC = ".cache/synthetic/smollm2-135m";

/** The machine's load before this command, whose bundling and browser would count as other work. */
const LOAD_BEFORE = loadavg()[0];

const text = (): string => readFileSync(TEXT, "utf8").slice(0, TEXT_LENGTH);

const ENTRY = { module: "bench/page/page.ts", name: "benchCommands", page: "bench/page/page.html" };
const log = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs `work` with what `open` opens. */
async function withOpened<T extends { close(): Promise<void> }>(
  open: Promise<T>,
  work: (opened: T) => Promise<void>,
): Promise<void> {
  const opened = await open;
  try {
    await work(opened);
  } finally {
    await opened.close();
  }
}
const open = ({ host }: BenchArguments): Promise<Host<typeof benchCommands>> => openHost(host, ENTRY);

/** Writes the figures with the date and the machine. */
function write(file: string, host: string, figures: object): void {
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, host };
  const measured = new Date().toISOString().slice(0, 10);
  writeFileSync(file, `${JSON.stringify({ measured, machine, ...figures }, null, 1)}\n`);
}

async function benchAll(given: BenchArguments): Promise<void> {
  const { model = MODEL, tokens, rounds, out = "bench/results.json" } = given;
  await withOpened(open(given), async (host) => {
    const request = { model: host.files.serve(model), text: text(), tokens: [...tokens], rounds };
    const answer = await host.call("all", request, log);
    write(out, host.name, answer);
    process.stdout.write(tableOf(answer));
  });
}

async function benchPeers({
  model = MODEL,
  tokens,
  rounds,
  host: choice,
  out = "bench/peers.json",
}: BenchArguments): Promise<void> {
  await withOpened(openPeers(choice), async (host) => {
    const answer = await measurePeers(host, { model, text: text(), tokens, rounds, log });
    write(out, host.name, { load: { before: LOAD_BEFORE, after: loadavg()[0] }, ...answer });
    process.stdout.write(peersTable(answer));
  });
}

async function benchProfile(given: BenchArguments): Promise<void> {
  const { model = MODEL, rounds, out } = given;
  const [tokens = 128] = given.tokens;
  await withOpened(open(given), async (host) => {
    const request = { model: host.files.serve(model), text: text(), tokens, steps: rounds };
    const figure = await host.call("profile", request);
    if (out !== undefined) write(out, host.name, figure);
    process.stdout.write(profileLines(figure));
  });
}

/** Each form twice: once for the time and the memory that the browser uses, once for the part of that memory that is still needed. */
async function benchExport({ model, out = "bench/export.json" }: BenchArguments): Promise<void> {
  if (model === undefined) await writeSyntheticModel(SYNTHETIC, SMOLLM2_135M);
  await withOpened(openHeadless(EXPORT_PAGE), async (headless) => {
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
    write(out, headless.name, { ...sizes, forms });
  });
}

async function benchMap({ rounds, out = "bench/map.json" }: BenchArguments): Promise<void> {
  await withOpened(openHeadless(MAP_PAGE), async (headless) => {
    const figure = await measureMap(headless, rounds);
    write(out, headless.name, { load: { before: LOAD_BEFORE, after: loadavg()[0] }, ...figure });
    process.stdout.write(mapLine(figure));
  });
}

async function benchReal(given: BenchArguments): Promise<void> {
  const { model, rounds, out = "bench/realModel.json" } = given;
  const [tokens = 64] = given.tokens;
  const file = model ?? (await smollm2File());
  await withOpened(open(given), async (host) => {
    const request = { model: host.files.serve(file), text: text(), tokens, steps: rounds };
    const figure = await host.call("real", request, log);
    write(out, host.name, { load: { before: LOAD_BEFORE, after: loadavg()[0] }, ...figure });
    process.stdout.write(realModelLine(figure));
  });
}

async function importResult({ file = "", out }: BenchArguments): Promise<void> {
  process.stdout.write(`${importLab(file, out)}\n`);
}

const BENCHES = {
  ...{ import: importResult, all: benchAll, profile: benchProfile, peers: benchPeers },
  ...{ export: benchExport, map: benchMap, real: benchReal },
  large: ({ only = "" }: BenchArguments) => benchLarge(only, log),
};

await runCommand(BENCH_USAGE, async (argv) => {
  const given = readBenchArguments(argv);
  await writeTexts();
  await BENCHES[given.kind](given);
  writeFileSync(README, renderReadme());
  return undefined;
});
