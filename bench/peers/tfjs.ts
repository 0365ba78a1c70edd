// The training step in TensorFlow.js: eager ops on its WebGPU backend, variableGrads, and its Adam after a step of weight decay.
import "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import { INPUT_WIDTH } from "../../src/engine/prune/gates/hypernetLayout.ts";
import { ADAM } from "../../src/engine/recipes/recipe.ts";
import { type FrozenModel, hypernetShapes, mapArrays, type Peer, type StepProblem, weightShapes } from "./peer.ts";
import { type TfBatch, type TfConstants, tfObjective, type TfParameters, type TfWeights } from "./tfjsModel.ts";

const upload = (values: Float32Array, shape: readonly number[]): tf.Tensor => tf.tensor(values, [...shape]);

function uploadWeights({ config, embedding, head, finalNorm, blocks }: FrozenModel): TfWeights {
  const shapes = weightShapes(config);
  const table = upload(embedding, shapes.embedding);
  return {
    embedding: table,
    head: head === embedding ? table : upload(head, shapes.embedding),
    finalNorm: upload(finalNorm, shapes.finalNorm),
    blocks: blocks.map((one) => mapArrays(shapes.block, (name, shape) => upload(one[name], shape))),
  };
}

function makeConstants({ z, cos, sin, tokens }: StepProblem): TfConstants {
  const rows = tf.tensor2d(z, [z.length / INPUT_WIDTH, INPUT_WIDTH]);
  const table = (values: Float32Array): tf.Tensor => upload(values, [1, tokens, values.length / tokens]);
  const seen = tf.linalg.bandPart(tf.ones([tokens, tokens]), -1, 0);
  return {
    z2: tf.stack([rows, tf.reverse(rows, 0)]) as tf.Tensor3D,
    ...{ cos: table(cos), sin: table(sin) },
    causal: tf.reshape(tf.mul(tf.sub(seen, 1), 1e30), [1, tokens, tokens]),
  };
}

interface Running {
  problem: StepProblem;
  p: TfParameters;
  constants: TfConstants;
  optimiser: tf.AdamOptimizer;
  done: number;
}

class Tfjs implements Peer {
  private readonly model: FrozenModel;
  private readonly weights: TfWeights;
  private running: Running | undefined;

  constructor(model: FrozenModel) {
    this.model = model;
    this.weights = uploadWeights(model);
  }

  async start(problem: StepProblem): Promise<void> {
    if (this.running) {
      const { p, constants, optimiser } = this.running;
      tf.dispose({ ...p, ...constants });
      optimiser.dispose();
    }
    const shapes = hypernetShapes(this.model.config);
    const p = mapArrays(shapes, (name, shape) => tf.variable(upload(problem.hypernet[name], shape)));
    const optimiser = tf.train.adam(problem.recipe.learningRate, ADAM.beta1, ADAM.beta2, ADAM.eps);
    const constants = tf.tidy(() => makeConstants(problem) as unknown as tf.NamedTensorMap) as unknown as TfConstants;
    this.running = { problem, p, constants, optimiser, done: 0 };
    await constants.causal.data();
  }

  async steps(count: number): Promise<number[]> {
    const { running } = this;
    if (!running) throw new Error("start comes before steps");
    const losses = Array.from({ length: count }, () => this.step(running, running.done++));
    const values = await Promise.all(losses.map(async (loss) => Number((await loss.data())[0])));
    tf.dispose(losses);
    await running.p.normBias.data(); // the update comes after the loss
    return values;
  }

  private step({ problem, p, constants, optimiser }: Running, step: number): tf.Scalar {
    const { learningRate, weightDecay } = problem.recipe;
    const { config } = this.model;
    return tf.tidy(() => {
      const batch = this.batch(problem, step);
      const parameters = Object.values(p);
      const kept: tf.Scalar[] = [];
      const { grads } = tf.variableGrads(() => {
        const given = { config, recipe: problem.recipe, weights: this.weights, constants, batch };
        const { total, loss } = tfObjective(p, given);
        kept.push(tf.keep(loss));
        return total;
      }, parameters);
      for (const one of parameters) one.assign(tf.mul(one, 1 - learningRate * weightDecay));
      optimiser.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      return kept[0] as tf.Scalar;
    });
  }

  private batch(problem: StepProblem, step: number): TfBatch {
    const { layers, dModel, dMlp } = this.model.config;
    const { ids, noiseD, noiseF } = problem.input(step);
    return {
      ids: tf.tensor1d(ids, "int32"),
      noiseD: tf.tensor2d(noiseD, [4 * layers, dModel]),
      noiseF: tf.tensor2d(noiseF, [layers, dMlp]),
    };
  }
}

/** Throws where the WebGPU backend does not start. */
export async function openTfjs(model: FrozenModel): Promise<Peer> {
  if (!(await tf.setBackend("webgpu"))) throw new Error("tfjs: expected the WebGPU backend to start, but it did not");
  await tf.ready();
  return new Tfjs(model);
}
