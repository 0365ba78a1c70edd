// The programs that run on WebGPU, by name: opened with a model and a text, then trained when they are asked to.
import { Ctx, type Folder, Gpu, matmulText, openModel, tuneMatmul } from "../../src/engine/index.ts";
import { openEngine } from "./engine.ts";
import { openJaxJs } from "./jaxJs.ts";
import { LIBRARIES } from "../../src/lab/peersResult.ts";
import { ENGINE, type FrozenModel, type Peer, type StepProblem } from "./peer.ts";
import { frozenModel, stepProblem } from "./problem.ts";
import { openTfjs } from "./tfjs.ts";

export interface OpenedPrograms {
  adapter: string;
  software: boolean;
  matmul: string;
  model: string;
  /** Of the text. */
  ids: number[];
  /** In order; an error is why a program cannot run here. */
  programs: { name: string; error?: string }[];
}

export interface StepsAnswer {
  losses: number[];
  /** Of all these steps together. */
  ms: number;
}

/** How each library opens the model. */
const OPEN: Record<(typeof LIBRARIES)[number], (model: FrozenModel) => Promise<Peer>> = {
  "jax-js": openJaxJs,
  tfjs: openTfjs,
};

interface Running {
  peer: Peer;
  problem?: StepProblem;
  done: number;
}
const programs = new Map<string, Running>();
let problemOf: ((tokens: number) => StepProblem) | undefined;

/** Opens the programs with these names. */
export async function openPrograms(
  folder: Folder,
  text: string,
  names: readonly string[] = [ENGINE, ...LIBRARIES],
): Promise<OpenedPrograms> {
  const ctx = new Ctx(await Gpu.open());
  await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
  const { model, config, weights, tokenizer, name } = await openModel(ctx, folder);
  const ids = Uint32Array.from(tokenizer.encode(text));
  const frozen = await frozenModel(config, weights);
  problemOf = (tokens) => stepProblem(config, ids, tokens);
  const opened: OpenedPrograms["programs"] = [];
  const add = async (program: string, open: () => Promise<Peer>): Promise<void> => {
    if (!names.includes(program)) return;
    try {
      programs.set(program, { peer: await open(), done: 0 });
      opened.push({ name: program });
    } catch (error) {
      opened.push({ name: program, error: String(error) });
    }
  };
  await add(ENGINE, () => Promise.resolve(openEngine(ctx, model, ids)));
  for (const library of LIBRARIES) await add(library, () => OPEN[library](frozen));
  const { name: adapter, software } = ctx.gpu.facts;
  return { adapter, software, matmul: matmulText(ctx.matmulTable), model: name, ids: [...ids], programs: opened };
}

function find(name: string): Running {
  const found = programs.get(name);
  if (!found) throw new Error(`${name}: expected a program that was opened`);
  return found;
}

/** A new training of one program. */
export async function start({ name, tokens }: { name: string; tokens: number }): Promise<void> {
  const running = find(name);
  if (!problemOf) throw new Error("open comes before start");
  running.problem = problemOf(tokens);
  running.done = 0;
  await running.peer.start(running.problem);
}

/** `count` further steps of one program. Batches and noise are made before the clock starts. */
export async function steps({ name, count }: { name: string; count: number }): Promise<StepsAnswer> {
  const running = find(name);
  for (let i = 0; i < count; i++) running.problem?.input(running.done++);
  const began = performance.now();
  const losses = await running.peer.steps(count);
  return { losses, ms: performance.now() - began };
}
