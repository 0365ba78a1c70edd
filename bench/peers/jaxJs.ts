// The training step in jax-js: one jitted function of the parameters, Adam's moments, the frozen weights and the batch.
import { blockUntilReady, defaultDevice, init, jit, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { INPUT_WIDTH } from "../../src/engine/prune/gates/hypernetLayout.ts";
import { ADAM } from "../../src/engine/recipes/recipe.ts";
import { type JaxBatch, type JaxConstants, jaxObjective, type JaxParameters, type JaxWeights } from "./jaxJsModel.ts";
import {
  type FrozenModel,
  hypernetShapes,
  mapArrays,
  type Peer,
  type StepProblem,
  type StepRecipe,
  weightShapes,
} from "./peer.ts";

type State = { p: JaxParameters; m: JaxParameters; v: JaxParameters };
type Step = (
  state: State,
  weights: JaxWeights,
  constants: JaxConstants,
  batch: JaxBatch,
) => { state: State; loss: np.Array };

/** The arrays here are never shared memory, which jax-js does not take. */
const upload = (values: Float32Array | Int32Array, shape: readonly number[]): np.Array =>
  np.array(values as Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>, { shape: [...shape] });

/** AdamW (METHOD.md 1.4). Takes ownership of the state and the gradients. */
function adamW(state: State, gradients: JaxParameters, correction: np.Array, recipe: StepRecipe): State {
  const { beta1, beta2, eps } = ADAM;
  const { learningRate, weightDecay } = recipe;
  const mean = (m: np.Array, g: np.Array): np.Array => m.mul(beta1).add(g.mul(1 - beta1));
  const square = (v: np.Array, g: np.Array): np.Array => v.mul(beta2).add(np.square(g).mul(1 - beta2));
  const m = tree.map<np.Array, np.Array, JaxParameters>(mean, state.m, tree.ref(gradients));
  const v = tree.map<np.Array, np.Array, JaxParameters>(square, state.v, gradients);
  const update = (p: np.Array, first: np.Array, second: np.Array): np.Array => {
    const scale = np.sqrt(second.div(correction.ref.slice(1))).add(eps);
    const change = first.div(correction.ref.slice(0)).div(scale).mul(learningRate);
    return p.mul(1 - learningRate * weightDecay).sub(change);
  };
  const p = tree.map<np.Array, np.Array, JaxParameters>(update, state.p, tree.ref(m), tree.ref(v));
  correction.dispose();
  return { p, m, v };
}

function uploadWeights({ config, embedding, head, finalNorm, blocks }: FrozenModel): JaxWeights {
  const shapes = weightShapes(config);
  const table = upload(embedding, shapes.embedding);
  return {
    embedding: table,
    head: head === embedding ? table.ref : upload(head, shapes.embedding),
    finalNorm: upload(finalNorm, shapes.finalNorm),
    blocks: blocks.map((one) => mapArrays(shapes.block, (name, shape) => upload(one[name], shape))),
  };
}

class JaxJs implements Peer {
  private readonly model: FrozenModel;
  private readonly weights: JaxWeights;
  private running:
    { problem: StepProblem; step: Step; state: State; constants: JaxConstants; done: number } | undefined;

  constructor(model: FrozenModel) {
    this.model = model;
    this.weights = uploadWeights(model);
  }

  async start(problem: StepProblem): Promise<void> {
    if (this.running) tree.dispose([this.running.state, this.running.constants]);
    const { config } = this.model;
    const { recipe, tokens, hypernet } = problem;
    const p = mapArrays(hypernetShapes(config), (name, shape) => upload(hypernet[name], shape));
    const zeros = (): JaxParameters => tree.map((one: np.Array) => np.zerosLike(one), tree.ref(p));
    const state = { p, m: zeros(), v: zeros() };
    const z = upload(problem.z, [problem.z.length / INPUT_WIDTH, INPUT_WIDTH]);
    const table = (values: Float32Array): np.Array => upload(values, [tokens, 1, config.headDim / 2]);
    const constants = { z2: np.stack([z.ref, np.flip(z, 0)]), cos: table(problem.cos), sin: table(problem.sin) };
    const step: Step = (s, weights, c, batch) => {
      const lossOf = (one: JaxParameters): [np.Array, np.Array] =>
        jaxObjective(one, { config, recipe, weights, constants: c, batch });
      const [[total, loss], g] = valueAndGrad(lossOf, { hasAux: true })(tree.ref(s.p)) as unknown as [
        [np.Array, np.Array],
        JaxParameters,
      ];
      total.dispose();
      return { state: adamW(s, g, batch.correction.ref, recipe), loss };
    };
    this.running = { problem, step: jit(step) as unknown as Step, state, constants, done: 0 };
    await blockUntilReady([state, constants]);
  }

  async steps(count: number): Promise<number[]> {
    const { running } = this;
    if (!running) throw new Error("start comes before steps");
    const losses: np.Array[] = [];
    for (let i = 0; i < count; i++) {
      const batch = this.batch(running.problem, running.done++);
      const made = running.step(running.state, tree.ref(this.weights), tree.ref(running.constants), batch);
      running.state = made.state;
      losses.push(made.loss);
    }
    await blockUntilReady(running.state);
    return Promise.all(losses.map(async (loss) => Number(await loss.jsAsync())));
  }

  private batch(problem: StepProblem, step: number): JaxBatch {
    const { dModel, dMlp, layers } = this.model.config;
    const { ids, noiseD, noiseF } = problem.input(step);
    return {
      ids: upload(ids, [ids.length]),
      noiseD: upload(noiseD, [4 * layers, dModel]),
      noiseF: upload(noiseF, [layers, dMlp]),
      correction: np.array([1 - ADAM.beta1 ** (step + 1), 1 - ADAM.beta2 ** (step + 1)]),
    };
  }
}

/** Throws where there is no WebGPU device. */
export async function openJaxJs(model: FrozenModel): Promise<Peer> {
  await init("webgpu");
  defaultDevice("webgpu");
  return new JaxJs(model);
}
