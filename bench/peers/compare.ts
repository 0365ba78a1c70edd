// The comparison itself: whether the losses of two programs agree, and times taken in turns.
import { setTimeout } from "node:timers/promises";
import { spreadOf } from "../../src/engine/evaluate/spread.ts";
import type { LossAgreement, PeerTime } from "../../src/lab/peersResult.ts";
import type { Program } from "./program.ts";

/** The largest relative difference of a loss at which two programs compute the same step. */
export const LOSS_TOLERANCE = 1e-3;
/** Steps whose losses are compared before anything is timed. */
export const CHECKED_STEPS = 20;
/** Rounds run as many steps as fit into about this time, so that fast programs are not timed by their waits. */
const ROUND_MS = 500;
const MOST_STEPS_PER_ROUND = 5;

/** Compares as many losses as both have. */
export function agreementOf(ours: readonly number[], theirs: readonly number[]): LossAgreement {
  const steps = Math.min(ours.length, theirs.length);
  let largestDifference = 0;
  let first: LossAgreement["first"];
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

interface CompareOptions {
  tokens: number;
  rounds: number;
  /** Steps before the clock starts; their losses are compared. */
  checked: number;
  /** A program that takes longer at this number of tokens, rounds included, is stopped. */
  limitSeconds?: number;
  log: (line: string) => void;
}

interface Entry {
  program: Program;
  time: PeerTime;
  losses: number[];
  perStep: number;
  ms: number[];
  /** Time left of its limit. */
  leftMs: number;
}

/** Trains every program from the same start, compares the losses with those of the first one, and times the programs that agree in turns. Throws where the first one fails. */
export async function compareSteps(programs: readonly Program[], options: CompareOptions): Promise<PeerTime[]> {
  const { rounds, log, tokens, limitSeconds = Infinity } = options;
  const entries: Entry[] = [];
  for (const program of programs) {
    const entry = {
      program,
      time: { name: program.name },
      losses: [],
      perStep: NaN,
      ms: [],
      leftMs: 1000 * limitSeconds,
    };
    entries.push(entry);
    await attempt(entry, limitSeconds, () => check(entry, entries[0]?.losses ?? [], options));
    log(`${tokens} tokens: ${checkLine(entry.time)}`);
    const failed = entries[0]?.time.error;
    if (failed !== undefined) throw new Error(`the first program has no losses to compare with: ${failed}`);
  }
  const timed = entries.filter(({ time }) => !time.error && time.agreement?.agrees !== false);
  for (let round = 0; round < rounds; round++)
    for (const entry of timed)
      await attempt(entry, limitSeconds, async () => {
        const count = Math.max(1, Math.min(MOST_STEPS_PER_ROUND, Math.round(ROUND_MS / entry.perStep)));
        const { losses, ms } = await entry.program.steps(count);
        entry.time.stepsPerRound = count;
        entry.losses.push(...losses);
        entry.ms.push(ms / count);
      });
  return entries.map((entry) => result(entry, entries[0]?.losses ?? []));
}

/** Does a part of a program's work. An error, or the end of its time, is recorded, and ends the program's part in the comparison. */
async function attempt(entry: Entry, limitSeconds: number, work: () => Promise<void>): Promise<void> {
  const { time, program } = entry;
  if (time.error !== undefined) return;
  const began = performance.now();
  const clock = new AbortController();
  try {
    await Promise.race([work(), stopAfter(entry.leftMs, clock.signal)]);
  } catch (error) {
    if (!(error instanceof Stopped)) time.error = error instanceof Error ? error.message : String(error);
    else {
      time.error = `stopped after ${limitSeconds} s`;
      program.close();
    }
  } finally {
    clock.abort();
  }
  entry.leftMs -= performance.now() - began;
}

class Stopped extends Error {}

/** Rejects with Stopped after this time, unless the signal comes first. */
async function stopAfter(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === Infinity) return new Promise(() => undefined); // a timer would end at once
  await setTimeout(ms, undefined, { signal });
  throw new Stopped();
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
