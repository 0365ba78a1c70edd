// npm run bench -- --peers: the same training steps by every program, compared and then timed in turns.
import { ensurePython } from "../../scripts/pythonEnvironment.ts";
import type { HostChoice } from "../../src/cli/host/chooseHost.ts";
import { openHost } from "../../src/cli/host/openHost.ts";
import { type PeersResult, timesAsLong } from "../../src/lab/peersResult.ts";
import { spreadText } from "../../src/lab/spreadText.ts";
import { measurePrograms, type OpenedProgram, opening } from "./measurePrograms.ts";
import { installedVersions, pageProgram, type PeersHost, torchPrograms } from "./program.ts";

const ENTRY = { module: "bench/peers/page.ts", name: "peersCommands", page: "bench/peers/page.html" };

/** The programs of the comparison on one host. Close it in the end. */
export const openPeers = (host: HostChoice): Promise<PeersHost> => openHost(host, ENTRY);

interface PeersRequest {
  /** A folder. */
  model: string;
  text: string;
  tokens: readonly number[];
  rounds: number;
  log: (line: string) => void;
}

/** Opens all programs, and compares and times them at each number of tokens. */
export async function measurePeers(host: PeersHost, request: PeersRequest): Promise<PeersResult> {
  const { model, text, ...how } = request;
  const served = host.files.serve(model);
  const { ids, programs: found, ...facts } = await host.call("open", { model: served, text });
  const versions = installedVersions();
  const programs = found.map(({ name, error }): OpenedProgram => {
    if (error !== undefined) return { name, error };
    return { name, program: pageProgram(host, { name, version: versions[name] ?? "", device: facts.adapter }) };
  });
  const torch = await opening("PyTorch", () => torchPrograms({ python: ensurePython(), model, ids }));
  return measurePrograms(facts, [...programs, ...torch], how);
}

/** A line per program and number of tokens. */
export function peersTable({ adapter, model, rounds, steps }: PeersResult): string {
  const lines = steps.flatMap(({ tokens, times }) => [
    `training step, ${tokens} tokens, ms`,
    ...times.map(({ name, ms, error, agreement }) => {
      const ours = times[0]?.ms;
      if (!ms) return `    ${name.padEnd(14)}${error ?? `disagrees: ${JSON.stringify(agreement?.first)}`}`;
      const ratio = ours && agreement ? `${timesAsLong(ms, ours).toFixed(2)} times as long as ours` : "";
      return `    ${name.padEnd(14)}${spreadText(ms, 0).padEnd(28)}${ratio}`;
    }),
  ]);
  return `${adapter}; ${model}; ${rounds} rounds; median (smallest to largest)\n${lines.join("\n")}\n`;
}
