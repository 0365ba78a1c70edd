// A result of the lab as tables: what the studio shows, and what bench/gpus.md has of every adapter.
import { percent, small } from "../shared/format.ts";
import { markdownTable } from "../shared/markdownTable.ts";
import { eachOpOf, type LabTable, adapterLimits, opsOf } from "./adapterTables.ts";
import { goalRows, weightGigabytes } from "./goals.ts";
import { figuresOf, type LabResult, type SweepFigure } from "./labResult.ts";
import { peakGflops } from "./matmulShare.ts";
import { PEER_HEAD, peerRow } from "./peersResult.ts";
import { spreadText } from "./spreadText.ts";

/** All tables that the result has figures for, the most important first. `goals`: with all goals, also where nothing was measured. */
export function labTables(result: LabResult, { goals }: { goals: boolean }): LabTable[] {
  const tables = [
    failuresOf(result),
    { title: "Goals", head: ["figure", "goal on a card", "measured"], rows: goals ? goalRows(result) : [] },
    peakOf(result),
    opsOf(result),
    sweepOf(result),
    stepsOf(result),
    peersOf(result),
    slopesOf(result),
    decodeOf(result),
    eachOpOf(result),
    adapterLimits(result),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

/** Numbers of comparisons and failures, a line per kind of check. */
export function checkLines({ kernels, matmuls, goldens }: LabResult): string[] {
  const line = (what: string, checks: number, failed: number): string =>
    `${what}: ${checks} comparisons, ${failed} failed`;
  const found = figuresOf(kernels);
  return [
    ...(found ? [line("Kernels against their references", found.checks, found.failed.length)] : []),
    ...Object.entries(figuresOf(matmuls) ?? {}).map(([variant, { checks, failed }]) =>
      line(`Matmul variant ${variant}`, checks, failed.length),
    ),
    ...(figuresOf(goldens) ?? []).map(({ case: name, precision, checks }) => {
      const all = Object.values(checks);
      return line(`Golden case ${name}, weights ${precision}`, all.length, all.filter(({ ok }) => !ok).length);
    }),
  ];
}

/** Numbers of comparisons with references, and those that failed, in words. */
export function labChecks({ kernels, matmuls, goldens }: LabResult): { checks: number; failed: string[] } {
  const found = [figuresOf(kernels), ...Object.values(figuresOf(matmuls) ?? {})].filter((one) => one !== undefined);
  const cases = (figuresOf(goldens) ?? []).map(({ case: name, precision, checks }) => ({
    name: `golden case ${name}, weights ${precision}`,
    checks: Object.entries(checks),
  }));
  const off = (worst: number, limit: number): string =>
    Number.isFinite(worst) ? `off by ${small(worst)} (limit ${small(limit)})` : "refused";
  return {
    checks: [...found.map(({ checks }) => checks), ...cases.map(({ checks }) => checks.length)].reduce(
      (sum, count) => sum + count,
      0,
    ),
    failed: [
      ...found
        .flatMap(({ failed }) => failed)
        .map((one) => `${one.op}, case ${one.case}, ${one.name}: ${off(one.worst, one.limit)}`),
      ...cases.flatMap(({ name, checks }) =>
        checks.filter(([, { ok }]) => !ok).map(([what, { worst, limit }]) => `${name}, ${what}: ${off(worst, limit)}`),
      ),
    ],
  };
}

/** The adapter, host and date of a result in one line. */
const labSource = ({ host, adapter, measured, quick }: LabResult): string =>
  `${host}, adapter "${adapter.name}", ${measured.slice(0, 10)}${quick ? ", few sizes and repetitions" : ""}.`;

/** The result as Markdown, for a message or an issue. `details`: with the tables that concern one adapter only. */
export function labMarkdown(result: LabResult, { details, goals }: { details: boolean; goals: boolean }): string {
  const tables = labTables(result, { goals }).filter(({ detail }) => details || !detail);
  const parts = [
    `## ${result.card ?? result.adapter.name}\n\n${labSource(result)}`,
    [...checkLines(result), ...(details ? labChecks(result).failed.map((line) => `failed: ${line}`) : [])]
      .map((line) => `- ${line}`)
      .join("\n"),
    ...tables.map(({ title, head, rows }) => `### ${title}\n\n${markdownTable(head, rows)}`),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Parts that could not be run. */
function failuresOf(result: LabResult): LabTable {
  const rows = Object.entries(result).flatMap(([part, value]: [string, unknown]) =>
    typeof value === "object" && value !== null && "error" in value
      ? [[part, (value.error as { message: string }).message]]
      : [],
  );
  return { title: "Parts that failed", head: ["part", "reason"], rows };
}

function peakOf({ peak }: LabResult): LabTable {
  const found = figuresOf(peak);
  const loops = Object.entries(found?.gflops ?? {});
  const rows = loops.map(([loop, value]) => [`fma, ${loop} loop`, `${spreadText(value, 0)} GFLOPS`]);
  const memory = found ? [["memory", `${spreadText(found.gigabytesPerSecond, 0)} GB/s`]] : [];
  return { title: "Peak", head: ["what", "measured"], rows: [...rows, ...memory] };
}

/** From this peak on, matmuls are given in TFLOPS. */
const TERA_FROM_GFLOPS = 500;

/** A row per shape and direction, a column per variant, in f32. */
function sweepOf(result: LabResult): LabTable {
  const figures = (figuresOf(result.sweep) ?? []).filter(({ precision }) => precision === "f32");
  const peak = peakGflops(result);
  const variants = [...new Set(figures.map(({ variant }) => variant))];
  const keyOf = ({ name, m, direction }: SweepFigure): string => `${name}, ${m} rows, ${direction}`;
  const tera = (peak ?? Infinity) >= TERA_FROM_GFLOPS;
  const rows = [...new Set(figures.map(keyOf))].map((key) => {
    const found = figures.filter((figure) => keyOf(figure) === key);
    const rates = variants.map((variant) => found.find((one) => one.variant === variant)?.gflops.median ?? NaN);
    const share = peak === undefined ? "–" : percent(Math.max(...rates) / peak, 0);
    return [key, ...rates.map((rate) => (rate / (tera ? 1000 : 1)).toFixed(1)), share];
  });
  const title = `Matmuls in f32, ${tera ? "TFLOPS" : "GFLOPS"}`;
  return { title, head: ["shape", ...variants, "best, share of peak"], rows };
}

/** Of PyTorch also the time in kernels, without the gaps in which the card waits for Python. */
function stepsOf({ steps, pytorch }: LabResult): LabTable {
  const rows = (figuresOf(steps) ?? []).map(({ model, matmul, tokens, ms }) => [
    ...[model, String(tokens), `engine, matmul ${matmul}`, spreadText(ms, 1), ""],
  ]);
  const others = (pytorch?.steps ?? []).flatMap(({ mode, tf32, tokens, ms, busyMs }) => {
    const program = `PyTorch ${pytorch?.torch ?? ""}, ${mode}${tf32 ? ", TF32" : ""}`;
    return ms ? [["the same shape", String(tokens), program, spreadText(ms, 1), busyMs?.toFixed(1) ?? ""]] : [];
  });
  const head = ["model", "tokens", "program", "ms per DISP step", "ms in kernels"];
  return { title: "Training steps", head, rows: rows.length > 0 ? [...rows, ...others] : [] };
}

/** A row per model and program, also for programs that could not be opened. */
function peersOf({ peers = [] }: LabResult): LabTable {
  const rows = peers.flatMap((one) => [
    ...one.steps.flatMap(({ tokens, times }) =>
      times.map((time) => [
        ...[one.model, String(tokens)],
        ...peerRow(time, times[0], one, { decimals: 1, comparable: true }),
      ]),
    ),
    ...one.programs.flatMap(({ name, error }) =>
      error === undefined ? [] : [[one.model, "", name, "", "", "", "", `did not run: ${error}`, ""]],
    ),
  ]);
  return { title: "The training step in other programs", head: ["model", "tokens", ...PEER_HEAD], rows };
}

function slopesOf({ slopes }: LabResult): LabTable {
  const rows = (figuresOf(slopes) ?? []).flatMap(({ axis, points }) =>
    points.map(({ size, ms, attentionShare, linearFlop }) => [
      ...[`${axis} = ${size}`, spreadText(ms, 1), percent(attentionShare, 0)],
      (linearFlop / 1e9).toPrecision(3),
    ]),
  );
  const head = ["size", "ms per DISP step", "attention", "GFLOP of the linear layers"];
  return { title: "Step time by size", head, rows };
}

function decodeOf({ decode }: LabResult): LabTable {
  const rows = (figuresOf(decode) ?? []).map((figure) => [
    ...[figure.model, `${figure.form ?? "dense"}, matmul ${figure.matmul}`, spreadText(figure.tokensPerSecond, 1)],
    `${weightGigabytes(figure).toFixed(1)} GB/s of weights`,
  ]);
  return { title: "Decoding", head: ["model", "program", "tokens/s", "reads"], rows };
}
