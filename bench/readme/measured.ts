// When and where a file of figures was measured, and the files that bench/README.md is rendered from.
import type { BenchAnswer } from "../page/answer.ts";
import type { PeersResult } from "../../src/lab/peersResult.ts";

export interface MeasuredAt {
  measured: string;
  /** browser: the version of Chromium in older files, which have no host. */
  machine: { cpu: string; cores: number; host?: string; browser?: string };
}

/** bench/results.json. */
export type Results = BenchAnswer & MeasuredAt;

/** bench/peers.json. load: the machine's load average over a minute. */
export type Peers = PeersResult & MeasuredAt & { load: { before: number; after: number } };

/** "2026-11-25, adapter google swiftshader, AMD EPYC with 2 cores, Chromium 156, headless". */
export const whereOf = ({ measured, machine, adapter }: MeasuredAt & { adapter: string }): string =>
  `${measured}, adapter ${adapter}, ${machine.cpu} with ${machine.cores} cores, ${machine.host ?? `Chromium ${machine.browser ?? "unknown"}`}`;
