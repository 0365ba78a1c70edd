// bench/README.md: what every file of figures is, and the latest figures as tables, rendered from those files.
import { readFileSync } from "node:fs";
import { markdownTable } from "../../src/shared/markdownTable.ts";
import { type MapFile, mapSection } from "./mapSection.ts";
import type { Peers, Results } from "./measured.ts";
import { peersSection } from "./peersSection.ts";
import { decodeSection, matmulSection, stepSection } from "./resultsSection.ts";

export const README = "bench/README.md";

const HEAD = `# Measurements

Rendered from the JSON files of this folder by \`npm run bench\`. Each figure is a median with the smallest and the largest value in brackets.
SwiftShader is a software adapter, on which everything here was measured unless another one is named; [gpus.md](gpus.md) has graphics cards.
A test compares this page with the files.`;

const FILES: readonly (readonly [file: string, contents: string])[] = [
  ["[peers.json](peers.json)", "`bench -- --peers`: the same training steps in other programs"],
  ["[results.json](results.json)", "`bench`: adapter, matmuls, training step, decoding, slider, onnxruntime-web"],
  ["[gpus.md](gpus.md)", "`lab` and `bench -- --import`: graphics cards; gpus/ has the figures"],
  ["[quality.md](quality.md)", "`quality -- --table`: perplexity of all methods; quality-runs.json has the runs"],
  ["[quality.json](quality.json)", "`quality`: the default run beside PyTorch's"],
  ["[map.json](map.json)", "`bench -- --map`: frame times of the gate map while it is zoomed and moved"],
  ["[export.json](export.json)", "`bench -- --export`: memory and time of an export"],
  ["[large.md](large.md)", "`bench -- --large`: memory of large models in Chromium; large.json has the figures"],
  ["[realModel.json](realModel.json)", "`bench -- --real`: opening and training SmolLM2-135M"],
  ["[every-variants.json](every-variants.json)", "perplexities of what was tried for runs for every ratio (PyTorch)"],
  ["[recover-variants.json](recover-variants.json)", "perplexities of what was tried for recoveries (PyTorch)"],
];

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** The page, from the committed files. */
export function renderReadme(): string {
  const results = read("bench/results.json") as Results;
  const parts = [
    HEAD,
    markdownTable(["file", "written by, and contents"], FILES),
    peersSection(read("bench/peers.json") as Peers),
    stepSection(results),
    matmulSection(results),
    decodeSection(results),
    mapSection(read("bench/map.json") as MapFile),
  ];
  return `${parts.join("\n\n")}\n`;
}
