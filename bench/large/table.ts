// bench/large.md from bench/large.json.
import { markdownTable } from "../../src/shared/markdownTable.ts";
import type { LargeFigure } from "./measure.ts";

export interface FiledFigure extends LargeFigure {
  measured: string;
  machine: { cpu: string; cores: number; memoryBytes: number; load: { before: number; after: number } };
}

export interface LargeResults {
  models: readonly FiledFigure[];
}

const HEAD = `# Large models in a browser

Rendered from [large.json](large.json) by \`npm run bench -- --large\`. Random weights of the shapes of known models, opened in headless Chromium
on the software adapter SwiftShader: two training steps, the architecture at half of the block weights, perplexities of one window, and the
export with zeros, which is read back one block at a time. Memory is what counts here. Times on a software adapter say little about a
graphics card, and perplexities of random weights say nothing.`;

const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** The page as Markdown. */
export function largeTable({ models }: LargeResults): string {
  return `${[HEAD, memory(models), times(models), ...models.map(about)].join("\n\n")}\n`;
}

const memory = (models: readonly FiledFigure[]): string =>
  markdownTable(
    [
      ...["model", "file", "tokens per step", "GPU memory, planned", "measured", "off by", "with the export"],
      ...["JavaScript heap of the worker, at most", "of the page"],
    ],
    models.map(({ name, fileBytes, tokens, plan, gpuBytes, offPlan, gpuBytesWithExport, heapBytes, pageHeapBytes }) => [
      ...[name, gb(fileBytes), String(tokens), gb(plan.totalBytes), gb(gpuBytes), `${(100 * offPlan).toFixed(1)} %`],
      ...[gb(gpuBytesWithExport), mb(heapBytes), mb(pageHeapBytes)],
    ]),
  );

function times(models: readonly FiledFigure[]): string {
  const parts = [...new Set(models.flatMap((model) => model.parts.map(({ what }) => what)))];
  return markdownTable(
    ["model", ...parts.map((what) => `${what}, s`)],
    models.map((model) => [
      model.name,
      ...parts.map((what) => model.parts.find((part) => part.what === what)?.seconds.toFixed(1) ?? "–"),
    ]),
  );
}

const about = ({ name, measured, machine, exportBytes, plan }: FiledFigure): string =>
  `${name}: measured ${measured} on ${machine.cpu} with ${machine.cores} cores and ${gb(machine.memoryBytes)}, load average ${machine.load.before.toFixed(1)} before and ${machine.load.after.toFixed(1)} after; plan with ${plan.recompute} computed again; export of ${gb(exportBytes)}.`;
