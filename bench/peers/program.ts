// A program of the comparison as Node sees it, wherever it runs: in the benchmark's page, or in a child process.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { ensurePython } from "../../scripts/pythonEnvironment.ts";
import type { Host } from "../../src/cli/host/host.ts";
import { DEFAULT_RECIPE } from "../../src/engine/recipes/recipe.ts";
import { DRAW } from "../../src/engine/rng.ts";
import type { peersCommands, StepsAnswer } from "./page.ts";

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

function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(PACKAGES[name] ?? "package.json", "utf8")) as { version: string };
  return version;
}

/** A program that the page has opened. */
export function pageProgram(host: PeersHost, name: string, adapter: string): Program {
  return {
    ...{ name, version: versionOf(name), device: adapter },
    start: (tokens) => host.call("start", { name, tokens }),
    steps: (count) => host.call("steps", { name, count }),
    close: () => undefined,
  };
}

interface Opened {
  version: string;
  transformers: string;
  threads: number;
}

/** A child process that answers each line of JSON with one. */
class LineProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string, undefined>;
  private lastError = "";

  constructor(program: string, args: readonly string[]) {
    this.child = spawn(program, args);
    // A write to a process that has ended fails; the missing answer is then reported by `ask`.
    this.child.stdin.on("error", () => undefined);
    this.child.on("error", ({ message }) => (this.lastError = message));
    createInterface(this.child.stderr).on("line", (line) => (this.lastError = line));
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  async ask<T>(message: object): Promise<T> {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error(`it ended without an answer; its last line was "${this.lastError}"`);
    return JSON.parse(line.value) as T;
  }

  close(): void {
    this.child.kill();
  }
}

/** PyTorch on the CPU. model: a folder. ids: of the text. Throws an Error with the reason if it cannot run. */
export async function torchProgram(model: string, ids: readonly number[]): Promise<Program> {
  const child = new LineProcess(ensurePython(), ["bench/peers/torch_peer.py"]);
  try {
    const request = { model, ids, recipe: DEFAULT_RECIPE, draws: DRAW };
    const { version, transformers, threads } = await child.ask<Opened>({ open: request });
    return {
      name: "PyTorch",
      version: `${version}, transformers ${transformers}`,
      device: `CPU, ${threads} threads`,
      start: async (tokens) => {
        await child.ask({ start: tokens });
      },
      steps: (count) => child.ask<StepsAnswer>({ steps: count }),
      close: () => child.close(),
    };
  } catch (error) {
    child.close();
    throw error;
  }
}
