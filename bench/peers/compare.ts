// The comparison itself: whether the losses of two programs agree, and times taken in turns.
import { spreadOf, type Spread } from "../../src/engine/evaluate/spread.ts";
import type { Program } from "./program.ts";

/** The largest relative difference of a loss at which two programs compute the same step. */
export const LOSS_TOLERANCE = 1e-3;
/** Steps whose losses are compared before anything is timed. */
export const CHECKED_STEPS = 20;
/** Rounds run as many steps as fit into about this time, so that fast programs are not timed by their waits. */
const ROUND_MS = 500;
const MOST_STEPS_PER_ROUND = 5;

/** How the losses of a program compare with the engine's. */
interface Agreement {
  /** Losses compared. */
  steps: number;
  largestDifference: number;
  agrees: boolean;
  /** The first loss that differs by more than the tolerance. */
  first?: { step: number; ours: number; theirs: number };
}

/** Compares as many losses as both have. */
export function agreementOf(ours: readonly number[], theirs: readonly number[]): Agreement {
  const steps = Math.min(ours.length, theirs.length);
  let largestDifference = 0;
  let first: Agreement["first"];
  for (let step = 0; step < steps; step++) {
    const [a = NaN, b = NaN] = [ours[step], theirs[step]];
    const difference = Math.abs(b - a) / Math.abs(a);
    // A comparison with NaN is false, so a loss that is not a number disagrees.
    if (!(difference <= LOSS_TOLERANCE)) first ??= { step, ours: a, theirs: b };
    if (!(difference <= largestDifference)) largestDifference = difference;
  }
  const agrees = steps > 0 && first === undefined;
  return { steps, largestDifference, agrees, ...(first ? { first } : {}) };
}

/** One program at one number of tokens. */
export interface PeerTime {
  name: string;
  /** Not for the engine itself. */
  agreement?: Agreement;
  /** Compiling included. */
  firstStepMs?: number;
  /** Per step; missing where the losses disagree or the program failed. */
  ms?: Spread;
  /** Steps per round. */
  stepsPerRound?: number;
  error?: string;
}

interface CompareOptions {
  tokens: number;
  rounds: number;
  /** Steps before the clock starts; their losses are compared. */
  checked: number;
  log: (line: string) => void;
}

interface Entry {
  program: Program;
  time: PeerTime;
  losses: number[];
  perStep: number;
  ms: number[];
}

/** Trains every program from the same start, compares the losses with those of the first one, and times the programs that agree in turns. */
export async function compareSteps(programs: readonly Program[], options: CompareOptions): Promise<PeerTime[]> {
  const { rounds, log, tokens } = options;
  const entries: Entry[] = [];
  for (const program of programs) {
    const entry = { program, time: { name: program.name }, losses: [], perStep: NaN, ms: [] };
    entries.push(entry);
    await attempt(entry, () => check(entry, entries[0]?.losses ?? [], options));
    log(`${tokens} tokens: ${checkLine(entry.time)}`);
  }
  const timed = entries.filter(({ time }) => !time.error && time.agreement?.agrees !== false);
  for (let round = 0; round < rounds; round++)
    for (const entry of timed)
      await attempt(entry, async () => {
        const count = Math.max(1, Math.min(MOST_STEPS_PER_ROUND, Math.round(ROUND_MS / entry.perStep)));
        const { losses, ms } = await entry.program.steps(count);
        entry.time.stepsPerRound = count;
        entry.losses.push(...losses);
        entry.ms.push(ms / count);
      });
  return entries.map((entry) => result(entry, entries[0]?.losses ?? []));
}

async function attempt({ time }: Entry, work: () => Promise<void>): Promise<void> {
  if (time.error !== undefined) return;
  try {
    await work();
  } catch (error) {
    time.error = error instanceof Error ? error.message : String(error);
  }
}

async function check(entry: Entry, ours: readonly number[], { tokens, checked }: CompareOptions): Promise<void> {
  const { program, time } = entry;
  await program.start(tokens);
  const first = await program.steps(1);
  const rest = await program.steps(checked - 1);
  time.firstStepMs = first.ms;
  entry.losses.push(...first.losses, ...rest.losses);
  entry.perStep = rest.ms / (checked - 1);
  if (ours !== entry.losses) time.agreement = agreementOf(ours, entry.losses);
}

/** The final figures: losses of timed steps are compared too, and a program that then disagrees gets no time. */
function result({ time, losses, ms }: Entry, ours: readonly number[]): PeerTime {
  if (time.error !== undefined) return time;
  if (losses !== ours) time.agreement = agreementOf(ours, losses);
  if (time.agreement?.agrees === false) return time;
  return { ...time, ms: spreadOf(ms) };
}

/** How a check ended, as a line for the log. */
function checkLine({ name, agreement, error, firstStepMs = NaN }: PeerTime): string {
  if (error !== undefined) return `${name} failed: ${error}`;
  const start = `${name}, first step ${firstStepMs.toFixed(0)} ms`;
  if (!agreement) return start;
  const { steps, largestDifference, agrees } = agreement;
  return `${start}; ${agrees ? "agrees" : "disagrees"}: ${steps} losses, largest difference ${largestDifference.toExponential(1)}`;
}
