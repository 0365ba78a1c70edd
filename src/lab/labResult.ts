// The JSON that the lab writes on every host: types, and reading a part that may have failed.
import type { MatmulVariant } from "../engine/matmul/matmulVariants.ts";
import type { checkGolden } from "../engine/golden/check.ts";
import type { AdapterFacts, PlainError, Precision, SelfCheck } from "../engine/index.ts";
import type { PeersResult } from "./peersResult.ts";
import type { MatmulDirection } from "./matmulWork.ts";
import type { DecodeFigure, StepFigure } from "./stepAndDecode.ts";
import type { Spread } from "./timing.ts";

/** Facts, limits and features of the device, by their WebGPU names. */
export interface AdapterReport extends Partial<AdapterFacts> {
  name: string;
  limits?: Record<string, unknown>;
  /** What WebGPU tells of the card: vendor, architecture, device, description; often empty words. */
  info?: Record<string, string>;
  features?: readonly string[];
}

/** A part that failed has its error in place of figures. */
type PartResult<T> = T | { error: PlainError };

export interface PeakResult {
  gflops: Record<string, Spread>;
  /** Bytes read plus bytes written by a copy. */
  gigabytesPerSecond: Spread;
}

/** The speed of one op on one size. */
export interface OpRate {
  op: string;
  size: string;
  /** Floating-point operations, of an op that multiply-adds limit. */
  flop?: number;
  /** Bytes that are read or written at least, of an op that memory limits. */
  bytes?: number;
  ms: Spread;
}

/** One matmul of a sweep. */
export interface SweepFigure {
  name: string;
  /** Rows, out features, in features. */
  m: number;
  n: number;
  k: number;
  direction: MatmulDirection;
  /** How the weight is stored on the GPU. */
  precision: Precision;
  variant: MatmulVariant | "sized";
  /** The engine would run this variant on the adapter. */
  chosen?: true;
  ms: Spread;
  gflops: Spread;
}

export interface LabStep extends StepFigure {
  model: string;
  matmul: string;
}

/** Training steps of one size. */
export interface SlopePoint {
  /** Tokens, blocks, or the hidden size. */
  size: number;
  ms: Spread;
  /** Share of the step's time that attention takes. */
  attentionShare: number;
  /** Floating-point operations of the linear layers, forward and backward. */
  linearFlop: number;
}

/** Step time against one size, while the others stay. */
export interface SlopeFigure {
  axis: "T" | "L" | "d";
  /** Of log(time without attention) against log(linearFlop): 1 where time grows as the linear work does. */
  slope: number;
  /** attentionShare is from the kernels' timestamps, or from counted operations where the adapter has no timestamps. */
  attention: "measured" | "counted";
  points: SlopePoint[];
}

export interface OpeningFigure {
  model: string;
  tokens: number;
  /** Choosing kernels, reading and uploading the weights, compiling the forward pass. */
  openSeconds: number;
  /** From the end of opening to the end of the first training step, compilation included. */
  firstStepSeconds: number;
  /** The step after that. */
  nextStepMs: number;
}

/** Older results lack `kernels`. */
export interface LabDecode extends Omit<DecodeFigure, "kernels">, Partial<Pick<DecodeFigure, "kernels">> {
  model: string;
  matmul: string;
  /** compact: 50 % of the block weights, chosen at random. Missing in older results, which are dense. */
  form?: "dense" | "compact";
  weightBytes: number;
  /** Weights that each token reads: all but an embedding of which it needs one row. Missing in older results. */
  readBytes?: number;
}

/** PyTorch's figures on the same card (bench/lab/torch_step.py). */
export interface TorchResult {
  torch: string;
  adapter: string;
  steps: { mode: string; tf32: boolean; tokens: number; ms?: Spread; busyMs?: number }[];
}

/** Results of one adapter; a part that was not run is missing. */
export interface LabResult {
  /** Date and time in ISO 8601. */
  measured: string;
  host: string;
  /** The card's name by its driver's tools, where the adapter's name has only the driver. */
  card?: string;
  /** Few sizes and repetitions. */
  quick?: true;
  adapter: AdapterReport;
  opening?: PartResult<OpeningFigure>;
  kernels?: PartResult<SelfCheck>;
  matmuls?: PartResult<Record<string, SelfCheck>>;
  goldens?: PartResult<Awaited<ReturnType<typeof checkGolden>>[]>;
  peak?: PartResult<PeakResult>;
  ops?: PartResult<OpRate[]>;
  sweep?: PartResult<SweepFigure[]>;
  steps?: PartResult<LabStep[]>;
  slopes?: PartResult<SlopeFigure[]>;
  decode?: PartResult<LabDecode[]>;
  pytorch?: TorchResult;
  /** One entry per model. */
  peers?: PeersResult[];
}

/** The figures of a part; undefined if it was not run or failed. */
export const figuresOf = <T extends object>(part: PartResult<T> | undefined): T | undefined =>
  part === undefined || "error" in part ? undefined : part;
