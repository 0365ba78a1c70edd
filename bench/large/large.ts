// npm run bench -- --large: measures the large models one after the other, and writes bench/large.json and bench/large.md after each.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { LARGE_CASES } from "./cases.ts";
import { type LargeFigure, measureLarge } from "./measure.ts";
import { type FiledFigure, type LargeResults, largeTable } from "./table.ts";

const RESULTS = "bench/large.json";
const TABLE = "bench/large.md";

const read = (): LargeResults =>
  existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, "utf8")) as LargeResults) : { models: [] };

function write(results: LargeResults): void {
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(TABLE, largeTable(results));
}

function filed(figure: LargeFigure, loadBefore: number): FiledFigure {
  return {
    ...figure,
    measured: new Date().toISOString().slice(0, 10),
    machine: {
      ...{ cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length },
      ...{ memoryBytes: totalmem(), load: { before: loadBefore, after: loadavg()[0] ?? Number.NaN } },
    },
  };
}

/** Measures the models whose names contain `only`, all without it. Figures of the others stay. */
export async function benchLarge(only: string, log: (line: string) => void): Promise<void> {
  for (const one of LARGE_CASES.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()))) {
    log(`${one.name} ...`);
    const before = loadavg()[0] ?? Number.NaN;
    const figure = filed(await measureLarge(one, log), before);
    const others = read().models.filter(({ name }) => name !== one.name);
    const order = LARGE_CASES.map(({ name }) => name);
    const models = [...others, figure].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    write({ ...read(), models });
  }
}
