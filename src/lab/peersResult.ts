// The training step in other programs (npm run bench -- --peers), and how it is shown: a row per program.
import type { Spread } from "../engine/evaluate/spread.ts";
import { spreadText } from "./spreadText.ts";

/** The libraries on WebGPU that the engine is compared with. */
export const LIBRARIES = ["jax-js", "tfjs"] as const;

/** How the losses of a program compare with the engine's. */
export interface LossAgreement {
  /** Losses compared. */
  steps: number;
  largestDifference: number;
  agrees: boolean;
  /** The first loss that differs by more than the tolerance. */
  first?: { step: number; ours: number; theirs: number };
}

/** One program at one number of tokens. */
export interface PeerTime {
  name: string;
  /** Not for the engine itself. */
  agreement?: LossAgreement;
  /** Compiling included. */
  firstStepMs?: number;
  /** Per step; missing where the losses disagree or the program failed. */
  ms?: Spread;
  /** Steps per round. */
  stepsPerRound?: number;
  error?: string;
}

/** All programs on one model. */
export interface PeersResult {
  adapter: string;
  software: boolean;
  matmul: string;
  model: string;
  rounds: number;
  tolerance: number;
  /** The engine first. An error is why a program could not be opened. */
  programs: { name: string; version?: string; device?: string; error?: string }[];
  steps: { tokens: number; times: PeerTime[] }[];
}

/** How many times as long as ours; above 1, ours is faster. */
export const timesAsLong = (theirs: Spread, ours: Spread): number => theirs.median / ours.median;

export const PEER_HEAD = [
  ...["program", "computes on", "losses compared", "largest difference"],
  ...["first step, s", "ms per step", "ours is"],
];

interface RowOptions {
  /** Of ms per step. */
  decimals: number;
  /** Whether the times may be compared. */
  comparable: boolean;
}

/** The cells of PEER_HEAD for one program. `ours`: the engine at the same number of tokens. */
export function peerRow(
  time: PeerTime,
  ours: PeerTime | undefined,
  { programs }: Pick<PeersResult, "programs">,
  { decimals, comparable }: RowOptions,
): string[] {
  const { name, agreement, firstStepMs, ms, error } = time;
  const program = programs.find((one) => one.name === name);
  const compared = agreement ? [String(agreement.steps), agreement.largestDifference.toExponential(1)] : ["", ""];
  return [
    `${name} ${program?.version ?? ""}`,
    program?.device ?? "",
    ...compared,
    firstStepMs === undefined ? "" : (firstStepMs / 1000).toFixed(1),
    ms ? spreadText(ms, decimals) : noTime(time),
    ms && ours?.ms && agreement && error === undefined && comparable ? speedup(timesAsLong(ms, ours.ms)) : "",
  ];
}

/** Why a program has no time. */
function noTime({ error, agreement }: PeerTime): string {
  if (error !== undefined) return `failed: ${error}`;
  const first = agreement?.first;
  if (!first) return "";
  return `disagrees: loss of step ${first.step} is ${first.theirs.toFixed(5)}, ours ${first.ours.toFixed(5)}`;
}

const speedup = (times: number): string =>
  times >= 1 ? `${times.toFixed(1)} times as fast` : `${(1 / times).toFixed(1)} times as slow`;
