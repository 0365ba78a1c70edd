// Results of the lab as tables of bench/gpus.md.
import type { Spread } from "../../src/lab/timing.ts";
import { markdownTable } from "../quality/cells.ts";
import { spreadText } from "../resultLines.ts";

interface StepResult {
  model: string;
  matmul: string;
  tokens: number;
  ms: Spread;
}

interface SweepResult {
  name: string;
  m: number;
  n: number;
  k: number;
  direction: "forward" | "backward";
  precision: "f32" | "f16";
  variant: string;
  gflops: Spread;
}

/** One adapter's results; a part that was not run is missing. */
export interface GpuResult {
  measured: string;
  host: string;
  adapter: { name: string };
  /** The card's name by its driver's tools, where the adapter's name has only the driver. */
  card?: string;
  kernels?: { checks: number; failed: unknown[] };
  matmuls?: Record<string, { checks: number; failed: unknown[] }>;
  goldens?: { case: string; precision: string; checks: Record<string, { ok: boolean }> }[];
  peak?: { gflops: Record<string, Spread>; gigabytesPerSecond: Spread };
  sweep?: SweepResult[];
  steps?: StepResult[];
  decode?: { matmul: string; tokensPerSecond: Spread; weightBytes: number }[];
  pytorch?: {
    torch: string;
    adapter: string;
    steps: { mode: string; tf32: boolean; tokens: number; ms?: Spread; busyMs?: number }[];
  };
}

/** All tables; one section per adapter. */
export function gpuTables(results: readonly GpuResult[]): string {
  const head = `# Graphics cards

Results of the lab (\`npm run lab\`), rendered by \`npm run bench -- --import FILE\`. Medians, with the smallest and the largest value in brackets.
Shares are of the faster of two fma loops on the same adapter.
`;
  return [head, ...results.map(sectionOf)].join("\n");
}

function sectionOf(result: GpuResult): string {
  const parts = [
    `## ${result.card ?? result.adapter.name}\n\n${result.host}, adapter "${result.adapter.name}", ${result.measured.slice(0, 10)}.`,
    checksOf(result),
    peakOf(result),
    sweepOf(result),
    stepsOf(result),
    decodeOf(result),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function checksOf({ kernels, matmuls = {}, goldens = [] }: GpuResult): string {
  const lines: string[] = [];
  const count = (what: string, checks: number, failed: number): void => {
    lines.push(`- ${what}: ${checks} comparisons, ${failed} failed`);
  };
  if (kernels) count("Kernels against their references", kernels.checks, kernels.failed.length);
  for (const [variant, { checks, failed }] of Object.entries(matmuls))
    count(`Matmul variant ${variant}`, checks, failed.length);
  for (const { case: name, precision, checks } of goldens) {
    const all = Object.values(checks);
    count(`Golden case ${name}, weights ${precision}`, all.length, all.filter(({ ok }) => !ok).length);
  }
  return lines.join("\n");
}

const peakGflops = ({ peak }: GpuResult): number =>
  Math.max(...Object.values(peak?.gflops ?? {}).map(({ median }) => median));

function peakOf(result: GpuResult): string {
  if (!result.peak) return "";
  const rows = Object.entries(result.peak.gflops).map(([loop, value]) => [
    `fma, ${loop} loop`,
    `${spreadText(value, 0)} GFLOPS`,
  ]);
  return markdownTable(
    ["peak", "measured"],
    [...rows, ["memory", `${spreadText(result.peak.gigabytesPerSecond, 0)} GB/s`]],
  );
}

/** A row per shape and direction, a column per variant, in f32. */
function sweepOf(result: GpuResult): string {
  const figures = (result.sweep ?? []).filter(({ precision }) => precision === "f32");
  if (figures.length === 0) return "";
  const variants = [...new Set(figures.map(({ variant }) => variant))];
  const keyOf = ({ name, m, direction }: SweepResult): string => `${name}, ${m} rows, ${direction}`;
  const rows = [...new Set(figures.map(keyOf))].map((key) => {
    const found = figures.filter((figure) => keyOf(figure) === key);
    const rates = variants.map((variant) => found.find((one) => one.variant === variant)?.gflops.median ?? NaN);
    const best = Math.max(...rates);
    const share = `${((100 * best) / peakGflops(result)).toFixed(0)} %`;
    return [key, ...rates.map((rate) => (rate / 1000).toFixed(1)), share];
  });
  return `Matmuls in f32, TFLOPS:\n\n${markdownTable(["shape", ...variants, "best, share of peak"], rows)}`;
}

function stepsOf({ steps = [], pytorch }: GpuResult): string {
  if (steps.length === 0) return "";
  const rows = steps.map(({ model, matmul, tokens, ms }) => [
    ...[model, String(tokens), `engine, matmul ${matmul}`, spreadText(ms, 1), ""],
  ]);
  const others = (pytorch?.steps ?? []).flatMap(({ mode, tf32, tokens, ms, busyMs }) =>
    ms
      ? [
          [
            ...["the same shape", String(tokens)],
            `PyTorch ${pytorch?.torch ?? ""}, ${mode}${tf32 ? ", TF32" : ""}`,
            ...[spreadText(ms, 1), busyMs?.toFixed(1) ?? ""],
          ],
        ]
      : [],
  );
  const head = ["model", "tokens", "program", "ms per DISP step", "ms in kernels"];
  return `Training steps; of PyTorch also the time in kernels, without the gaps in which the card waits for Python:\n\n${markdownTable(head, [...rows, ...others])}`;
}

function decodeOf({ decode = [] }: GpuResult): string {
  if (decode.length === 0) return "";
  const rows = decode.map(({ matmul, tokensPerSecond, weightBytes }) => [
    ...[`matmul ${matmul}`, spreadText(tokensPerSecond, 1)],
    `${((tokensPerSecond.median * weightBytes) / 1e9).toFixed(1)} GB/s of weights`,
  ]);
  return `Decoding, tokens per second:\n\n${markdownTable(["program", "tokens/s", "reads"], rows)}`;
}
