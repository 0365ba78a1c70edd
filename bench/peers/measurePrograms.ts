// The comparison of opened programs at several numbers of tokens.
import type { PeersResult } from "../../src/lab/peersResult.ts";
import { CHECKED_STEPS, compareSteps, LOSS_TOLERANCE } from "./compare.ts";
import type { Program } from "./program.ts";

/** Further numbers of tokens start from a check of this many steps; the timed ones are compared as well. */
const FURTHER_CHECKED = 4;

/** A program, or why it could not be opened. */
export type OpenedProgram = { name: string; program: Program } | { name: string; error: string };

/** What `open` opens; an error takes the place of all its programs. */
export async function opening(name: string, open: () => Promise<readonly Program[]>): Promise<OpenedProgram[]> {
  try {
    return (await open()).map((program) => ({ name: program.name, program }));
  } catch (error) {
    return [{ name, error: error instanceof Error ? error.message : String(error) }];
  }
}

interface MeasureOptions {
  tokens: readonly number[];
  rounds: number;
  /** Per program and number of tokens. */
  limitSeconds?: number;
  log: (line: string) => void;
}

type Facts = Pick<PeersResult, "adapter" | "software" | "matmul" | "model">;

/** Compares and times the programs, the engine first, and closes them. Throws where the engine could not be opened. */
export async function measurePrograms(
  facts: Facts,
  opened: readonly OpenedProgram[],
  { tokens, rounds, limitSeconds = Infinity, log }: MeasureOptions,
): Promise<PeersResult> {
  const [engine] = opened;
  if (engine && "error" in engine) throw new Error(`${engine.name} could not be opened: ${engine.error}`);
  const programs = opened.flatMap((one) => ("program" in one ? [one.program] : []));
  const described = opened.map((one) => {
    if ("program" in one) return { name: one.name, version: one.program.version, device: one.program.device };
    log(`${one.name} could not be opened: ${one.error}`);
    return { name: one.name, error: one.error };
  });
  try {
    const steps: PeersResult["steps"] = [];
    for (const count of tokens) {
      const checked = steps.length === 0 ? CHECKED_STEPS : FURTHER_CHECKED;
      const times = await compareSteps(programs, { tokens: count, rounds, checked, limitSeconds, log });
      steps.push({ tokens: count, times });
    }
    return { ...facts, rounds, tolerance: LOSS_TOLERANCE, programs: described, steps };
  } finally {
    for (const program of programs) program.close();
  }
}
