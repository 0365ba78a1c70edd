// Tables of the lab about one adapter: its limits and features, the worst error of each op, and how fast the main ops are.
import { percent, significant } from "../shared/format.ts";
import { figuresOf, type LabResult } from "./labResult.ts";
import { peakGflops } from "./matmulShare.ts";
import { spreadText } from "./spreadText.ts";

export interface LabTable {
  title: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** Of interest for one adapter only: folded away, and not in bench/gpus.md. */
  detail?: true;
}

/** The main ops beside the peak of what limits them; no share where that was not measured. */
export function opsOf(result: LabResult): LabTable {
  const [gflopsPeak, memoryPeak] = [peakGflops(result), figuresOf(result.peak)?.gigabytesPerSecond.median];
  const rows = (figuresOf(result.ops) ?? []).map(({ op, size, flop, bytes, ms }) => {
    const rate = (flop ?? bytes ?? NaN) / ms.median / 1e6;
    const [unit, peak] = flop === undefined ? ["GB/s", memoryPeak] : ["GFLOPS", gflopsPeak];
    const share = peak === undefined ? "–" : percent(rate / peak, 0);
    return [op, size, spreadText(ms, 2), `${significant(rate, 3)} ${unit}`, share];
  });
  return { title: "Speed of the main ops", head: ["op", "size", "ms", "rate", "share of peak"], rows };
}

/** The comparison of each op that comes nearest to its limit. */
export function errorsOf({ kernels }: LabResult): LabTable {
  const rows = (figuresOf(kernels)?.ops ?? []).map(({ op, checks, worst, limit, case: name }) => [
    ...[op, String(checks), Number.isFinite(worst) ? worst.toExponential(1) : "refused", limit.toExponential(1), name],
  ]);
  const head = ["op", "comparisons", "worst error", "limit", "in case"];
  return { title: "Worst error of each op", head, rows, detail: true };
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
