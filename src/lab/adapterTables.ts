// Tables of the lab about one adapter: its limits and features, and how exact and how fast each op is.
import { percent, significant } from "../shared/format.ts";
import { figuresOf, type LabResult, type OpRate } from "./labResult.ts";
import { peakGflops } from "./matmulShare.ts";
import { UNTIMED } from "./rates/untimed.ts";
import { spreadText } from "./spreadText.ts";

export interface LabTable {
  title: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** Of interest for one adapter only: folded away, and not in bench/gpus.md. */
  detail?: true;
}

/** Where most of the time of training and decoding goes. */
const MAIN_OPS: readonly string[] = [
  "linear",
  "linear: gradient of x",
  "linearWeightGradient",
  "attention: RoPE",
  "cachedAttention",
  "rope",
  "activation: glu",
  "adamW",
];
const SPEED_HEAD = ["size", "ms", "rate", "share of peak"];

/** Size, time and rate of an op beside the peak of what limits it; no share where that was not measured. */
function speedCells(result: LabResult): (rate: OpRate) => string[] {
  const [gflopsPeak, memoryPeak] = [peakGflops(result), figuresOf(result.peak)?.gigabytesPerSecond.median];
  return ({ size, flop, bytes, ms }) => {
    const rate = (flop ?? bytes ?? NaN) / ms.median / 1e6;
    const [unit, peak] = flop === undefined ? ["GB/s", memoryPeak] : ["GFLOPS", gflopsPeak];
    const share = peak === undefined ? "–" : percent(rate / peak, 0);
    return [size, spreadText(ms, 2), `${significant(rate, 3)} ${unit}`, share];
  };
}

/** The main ops. Older results have no others, under other names. */
export function opsOf(result: LabResult): LabTable {
  const all = figuresOf(result.ops) ?? [];
  const main = all.filter(({ op }) => MAIN_OPS.includes(op));
  const cells = speedCells(result);
  const rows = (main.length > 0 ? main : all).map((rate) => [rate.op, ...cells(rate)]);
  return { title: "Speed of the main ops", head: ["op", ...SPEED_HEAD], rows };
}

/** Each op: the comparison that comes nearest to its limit, and its speed. */
export function eachOpOf(result: LabResult): LabTable {
  const errors = figuresOf(result.kernels)?.ops ?? [];
  const rates = figuresOf(result.ops) ?? [];
  const cells = speedCells(result);
  const speedOf = (op: string): string[] => {
    const found = rates.find((rate) => rate.op === op);
    const why = UNTIMED[op];
    return found ? cells(found) : ["–", "–", why === undefined ? "–" : `not timed: ${why}`, "–"];
  };
  const rows = errors.map(({ op, checks, worst, limit, case: name }) => [
    ...[op, String(checks), Number.isFinite(worst) ? worst.toExponential(1) : "refused", limit.toExponential(1), name],
    ...speedOf(op),
  ]);
  const head = ["op", "comparisons", "worst error", "limit", "in case", ...SPEED_HEAD];
  return { title: "Worst error and speed of each op", head, rows, detail: true };
}

/** The limits that decide what runs; the others follow them. */
const FIRST_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
];

export function adapterLimits({ host, adapter }: LabResult): LabTable {
  const { limits = {}, features = [], info = {}, software, subgroupMin = 0, subgroupMax = 0 } = adapter;
  const told = Object.entries(info).map(([name, value]) => [name, value === "" ? "not told" : value]);
  const about = [
    ["adapter", adapter.name],
    ["browser or host", host],
    ...told,
    ...(software === undefined ? [] : [["computes on", software ? "the CPU" : "a GPU"]]),
    ...(subgroupMax > 0 ? [["subgroups", `${subgroupMin} to ${subgroupMax}`]] : []),
  ];
  const others = Object.keys(limits).filter((name) => !FIRST_LIMITS.includes(name));
  const names = [...FIRST_LIMITS.filter((name) => name in limits), ...others.sort()];
  const rows = names.map((name) => [name, String(limits[name])]);
  const listed = features.length > 0 ? [["features", features.join(", ")]] : [];
  return {
    ...{ title: "Adapter, limits and features", head: ["name", "value"], detail: true },
    rows: Object.keys(limits).length > 0 || told.length > 0 ? [...about, ...listed, ...rows] : [],
  };
}
