// A program of the comparison as Node sees it, wherever it runs: in the benchmark's page, or in a child process.
import { readFileSync } from "node:fs";
import type { Host } from "../../src/cli/host/host.ts";
import { DEFAULT_RECIPE } from "../../src/engine/recipes/recipe.ts";
import { DRAW } from "../../src/engine/rng.ts";
import { LineProcess } from "./lineProcess.ts";
import type { peersCommands } from "./page.ts";
import type { StepsAnswer } from "./programs.ts";

export type PeersHost = Host<typeof peersCommands>;

export interface Program {
  name: string;
  version: string;
  /** Where it computes. */
  device: string;
  start(tokens: number): Promise<void>;
  /** `count` further steps. */
  steps(count: number): Promise<StepsAnswer>;
  close(): void;
}

const PACKAGES: Readonly<Record<string, string>> = {
  Espalier: "package.json",
  "jax-js": "node_modules/@jax-js/jax/package.json",
  tfjs: "node_modules/@tensorflow/tfjs-core/package.json",
};

/** The installed versions of the programs on WebGPU. */
export const installedVersions = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(PACKAGES).map(([name, file]) => {
      const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
      return [name, version];
    }),
  );

/** A program that the page has opened. */
export function pageProgram(host: PeersHost, facts: Pick<Program, "name" | "version" | "device">): Program {
  const { name } = facts;
  return {
    ...facts,
    start: (tokens) => host.call("start", { name, tokens }),
    steps: (count) => host.call("steps", { name, count }),
    close: () => undefined,
  };
}

/** A program in a child process. `more` is part of each message. */
export function lineProgram(
  child: LineProcess,
  facts: Pick<Program, "name" | "version" | "device">,
  more: object = {},
): Program {
  return {
    ...facts,
    start: async (tokens) => {
      await child.ask({ start: tokens, ...more });
    },
    steps: (count) => child.ask<StepsAnswer>({ steps: count, ...more }),
    close: () => child.close(),
  };
}

interface Opened {
  version: string;
  transformers: string;
  /** The card's name; missing on the CPU. */
  card?: string;
  threads: number;
}

interface TorchRequest {
  /** The Python program. */
  python: string;
  /** A folder. */
  model: string;
  /** Of the text. PyTorch is loaded while they are made. */
  ids: readonly number[] | Promise<readonly number[]>;
}

/**
 * PyTorch on a CUDA card, in f32 and with TF32, or on the CPU where there is none. Both share a process. Throws an Error with the reason
 * if it cannot run.
 */
export async function torchPrograms({ python, model, ids }: TorchRequest): Promise<Program[]> {
  const child = new LineProcess(python, ["bench/peers/torch_peer.py"]);
  try {
    const request = { model, ids: await ids, recipe: DEFAULT_RECIPE, draws: DRAW };
    const { version, transformers, threads, card } = await child.ask<Opened>({ open: request });
    const facts = {
      version: `${version}, transformers ${transformers}`,
      device: card ?? `CPU, ${threads} threads`,
    };
    const program = (name: string, tf32: boolean): Program => lineProgram(child, { name, ...facts }, { tf32 });
    return card === undefined
      ? [program("PyTorch", false)]
      : [program("PyTorch", false), program("PyTorch, TF32", true)];
  } catch (error) {
    child.close();
    throw error;
  }
}
