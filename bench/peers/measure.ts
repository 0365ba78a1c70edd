// npm run bench -- --peers: the same training steps by every program, compared and then timed in turns.
import type { Spread } from "../../src/engine/evaluate/spread.ts";
import { openChromium } from "../../src/cli/host/chromium.ts";
import { spreadText } from "../../src/lab/spreadText.ts";
import { CHECKED_STEPS, compareSteps, type PeerTime, LOSS_TOLERANCE } from "./compare.ts";
import { pageProgram, type PeersHost, type Program, torchProgram } from "./program.ts";

/** Further numbers of tokens start from a check of this many steps; the timed ones are compared as well. */
const FURTHER_CHECKED = 4;

const ENTRY = { module: "bench/peers/page.ts", name: "peersCommands", page: "bench/peers/page.html" };

/** The page of the comparison. Close it in the end. */
export const openPeers = (): Promise<PeersHost> => openChromium(ENTRY);

interface PeersRequest {
  /** A folder. */
  model: string;
  text: string;
  tokens: readonly number[];
  rounds: number;
  log: (line: string) => void;
}

/** bench/peers.json, without date and machine. */
export interface PeersAnswer {
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

/** Opens all programs, and compares and times them at each number of tokens. */
export async function measurePeers(host: PeersHost, request: PeersRequest): Promise<PeersAnswer> {
  const { model, text, tokens, rounds, log } = request;
  const served = host.files.serve(model);
  const opened = await host.call("open", { model: served, text });
  const { ids, programs: found, ...facts } = opened;
  const programs: Program[] = [];
  const described: PeersAnswer["programs"] = [];
  const add = async (name: string, open: () => Promise<Program>): Promise<void> => {
    try {
      const program = await open();
      programs.push(program);
      described.push({ name, version: program.version, device: program.device });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      described.push({ name, error: reason });
      log(`${name} could not be opened: ${reason}`);
    }
  };
  for (const { name, error } of found)
    await add(name, () =>
      error === undefined ? Promise.resolve(pageProgram(host, name, facts.adapter)) : Promise.reject(new Error(error)),
    );
  await add("PyTorch", () => torchProgram(model, ids));
  try {
    const steps: PeersAnswer["steps"] = [];
    for (const count of tokens) {
      const checked = steps.length === 0 ? CHECKED_STEPS : FURTHER_CHECKED;
      steps.push({ tokens: count, times: await compareSteps(programs, { tokens: count, rounds, checked, log }) });
    }
    return { ...facts, rounds, tolerance: LOSS_TOLERANCE, programs: described, steps };
  } finally {
    for (const program of programs) program.close();
  }
}

/** How many times as long as ours; above 1, ours is faster. */
export const timesAsLong = (theirs: Spread, ours: Spread): number => theirs.median / ours.median;

/** A line per program and number of tokens. */
export function peersTable({ adapter, model, rounds, steps }: PeersAnswer): string {
  const lines = steps.flatMap(({ tokens, times }) => [
    `training step, ${tokens} tokens, ms`,
    ...times.map(({ name, ms, error, agreement }) => {
      const ours = times[0]?.ms;
      if (!ms) return `    ${name.padEnd(12)}${error ?? `disagrees: ${JSON.stringify(agreement?.first)}`}`;
      const ratio = ours && agreement ? `${timesAsLong(ms, ours).toFixed(2)} times as long as ours` : "";
      return `    ${name.padEnd(12)}${spreadText(ms, 0).padEnd(28)}${ratio}`;
    }),
  ]);
  return `${adapter}; ${model}; ${rounds} rounds; median (smallest to largest)\n${lines.join("\n")}\n`;
}
