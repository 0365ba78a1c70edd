// The comparison's page in headless Chromium: opens the programs that run in a browser, and runs steps of one when it is asked to.
import { type ServedFolder, servedModel } from "../../src/cli/page/servedModel.ts";
import { Ctx, Gpu, matmulText, openModel, tuneMatmul } from "../../src/engine/index.ts";
import { openEngine } from "./engine.ts";
import { openJaxJs } from "./jaxJs.ts";
import type { FrozenModel, Peer, StepProblem } from "./peer.ts";
import { frozenModel, stepProblem } from "./problem.ts";
import { openTfjs } from "./tfjs.ts";

interface PeersRequest {
  model: ServedFolder;
  text: string;
}

interface OpenedPeers {
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

/** How each library opens the model, by its name in the comparison. */
const LIBRARIES: readonly (readonly [name: string, open: (model: FrozenModel) => Promise<Peer>])[] = [
  ["jax-js", openJaxJs],
  ["tfjs", openTfjs],
];

interface Running {
  peer: Peer;
  problem?: StepProblem;
  done: number;
}
const programs = new Map<string, Running>();
let problemOf: ((tokens: number) => StepProblem) | undefined;

async function open({ model: served, text }: PeersRequest): Promise<OpenedPeers> {
  const ctx = new Ctx(await Gpu.open());
  await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
  const { model, config, weights, tokenizer, name } = await openModel(ctx, await servedModel(served));
  const ids = Uint32Array.from(tokenizer.encode(text));
  const frozen = await frozenModel(config, weights);
  problemOf = (tokens) => stepProblem(config, ids, tokens);
  const own = openEngine(ctx, model, ids);
  programs.set(own.name, { peer: own, done: 0 });
  const opened: OpenedPeers["programs"] = [{ name: own.name }];
  for (const [library, openLibrary] of LIBRARIES) {
    try {
      programs.set(library, { peer: await openLibrary(frozen), done: 0 });
      opened.push({ name: library });
    } catch (error) {
      opened.push({ name: library, error: String(error) });
    }
  }
  const { name: adapter, software } = ctx.gpu.facts;
  return { adapter, software, matmul: matmulText(ctx.matmulTable), model: name, ids: [...ids], programs: opened };
}

function find(name: string): Running {
  const found = programs.get(name);
  if (!found) throw new Error(`${name}: expected a program that was opened`);
  return found;
}

/** A new training of one program. */
async function start({ name, tokens }: { name: string; tokens: number }): Promise<void> {
  const running = find(name);
  if (!problemOf) throw new Error("open comes before start");
  running.problem = problemOf(tokens);
  running.done = 0;
  await running.peer.start(running.problem);
}

/** `count` further steps of one program. Batches and noise are made before the clock starts. */
async function steps({ name, count }: { name: string; count: number }): Promise<StepsAnswer> {
  const running = find(name);
  for (let i = 0; i < count; i++) running.problem?.input(running.done++);
  const began = performance.now();
  const losses = await running.peer.steps(count);
  return { losses, ms: performance.now() - began };
}

/** What npm run bench -- --peers calls. */
export const peersCommands = { open, start, steps };
Object.assign(globalThis, { peersCommands });
