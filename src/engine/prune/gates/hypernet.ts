// The hypernetwork of DISP-LLM (METHOD.md 1.2): fixed noise z -> bidirectional GRU -> LayerNorm -> GELU -> a linear head for each vector.
// The one for every ratio (METHOD.md 1.7) takes the ratio as input: its embedding is added to each row of z.
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import { gateTables, type GateTables } from "../../ops/kit/gateTables.ts";
import { flatValues } from "../../ops/kit/flatValues.ts";
import { gelu } from "../../ops/gelu.ts";
import { gru } from "../../ops/gru.ts";
import { heads, type UseGradient } from "../../ops/heads.ts";
import { layerNorm } from "../../ops/layerNorm.ts";
import { linearTrained } from "../../ops/linearTrained.ts";
import { noise } from "../../ops/noise.ts";
import { reshape, type Tensor, view } from "../../tensor.ts";
import type { GateModel } from "./gateModel.ts";
import {
  type HypernetLayout,
  initialInputs,
  initialParameters,
  INPUT_WIDTH,
  type NamedArrays,
  namedOf,
  NORM_EPS,
  parameterRanges,
  RATIO_FEATURES,
  ratioFeatures,
  thetaOf,
  wrongLength,
} from "./hypernetLayout.ts";

/** The values of a hypernetwork, flat. */
export interface HypernetValues {
  /** All parameters, as the layout orders them. */
  theta: Float32Array<ArrayBuffer>;
  /** (vectors, 32): the fixed inputs. */
  z: Float32Array<ArrayBuffer>;
}

export class Hypernet implements GateModel {
  readonly layout: HypernetLayout;
  readonly tables: GateTables;
  readonly mlpOnly = false;
  readonly parameters: readonly Tensor[];
  readonly z: Tensor;
  /** (1, 8): features of the ratio of the next forward; unused in a hypernetwork for one ratio. */
  private readonly ratio: Tensor;
  private readonly named: ReadonlyMap<string, Tensor>;

  /** Without values all parameters are zero: memory plans need only the sizes. */
  constructor(ctx: Ctx, layout: HypernetLayout, values?: HypernetValues) {
    const { gates } = layout;
    this.layout = layout;
    this.tables = gateTables(ctx, gates);
    const ranges = parameterRanges(layout);
    this.parameters = ranges.map(({ start, end }) =>
      ctx.persistent("theta", [end - start], { ...filled(values?.theta.subarray(start, end)), requiresGrad: true }),
    );
    this.z = ctx.persistent("z", [gates.sizes.length, INPUT_WIDTH], filled(values?.z));
    this.ratio = ctx.persistent("ratio features", [1, RATIO_FEATURES]);
    this.named = new Map(
      layout.tensors.map(({ name, shape, start }) => {
        const { tensor, offset } = this.placeOf(start);
        return [name, view(tensor, offset, shape, name)];
      }),
    );
  }

  /** The tensor that holds the parameter at `start` of theta, and where in it. */
  private placeOf(start: number): { tensor: Tensor; offset: number } {
    const ranges = parameterRanges(this.layout);
    const at = ranges.findIndex(({ end }) => start < end);
    const [range, tensor] = [ranges[at], this.parameters[at]];
    invariant(range && tensor, "bug", `the hypernetwork has no parameter at ${start}`);
    return { tensor, offset: start - range.start };
  }

  /** A new one; equal seeds give equal values on every machine. */
  static fromSeed(ctx: Ctx, layout: HypernetLayout, seed: number): Hypernet {
    const made = new Hypernet(ctx, layout);
    ctx.write(made.z, initialInputs(layout.gates, seed));
    for (const { start, values } of initialParameters(layout, seed)) {
      const { tensor, offset } = made.placeOf(start);
      ctx.writePart(tensor, offset, values);
    }
    return made;
  }

  /** From PyTorch's named parameters and "z". Throws EngineError("format") for one that is missing or has another size. */
  static fromNamed(ctx: Ctx, layout: HypernetLayout, arrays: NamedArrays): Hypernet {
    const theta = thetaOf(layout, arrays);
    const z = arrays.get("z");
    const expected = layout.gates.sizes.length * INPUT_WIDTH;
    invariant(z?.length === expected, "format", () => wrongLength("z", expected, z));
    return new Hypernet(ctx, layout, { theta, z });
  }

  /** Sets the ratio of the next forward. Does nothing in a hypernetwork for one ratio. */
  setRatio(ctx: Ctx, ratio: number): void {
    if (this.layout.everyRatio) ctx.write(this.ratio, ratioFeatures(ratio));
  }

  /** Gate logits, flat and without the offset 3; recorded on the tape if there is one. */
  forward(ctx: Ctx, useGradient?: UseGradient): Tensor {
    const p = (name: string): Tensor => this.parameter(name);
    const embedded = this.layout.everyRatio ? this.ratioEmbedding(ctx) : undefined;
    const input = (direction: string): Tensor => {
      const weight = p(`gru.weight_ih_l0${direction}`);
      const bias = p(`gru.bias_ih_l0${direction}`);
      // (z + e) W^T = z W^T + e W^T, so adding the row e to every row of z is the same as a larger bias of this layer.
      const shift = embedded ? reshape(linearTrained(ctx, embedded, weight, bias), bias.shape) : bias;
      return linearTrained(ctx, this.z, weight, shift);
    };
    const [x, xReverse] = [input(""), input("_reverse")];
    const hidden = (direction: string): { weight: Tensor; bias: Tensor } => ({
      weight: p(`gru.weight_hh_l0${direction}`),
      bias: p(`gru.bias_hh_l0${direction}`),
    });
    const states = gru(ctx, { x, ...hidden("") }, { x: xReverse, ...hidden("_reverse") });
    const norm = { weight: p("norm.weight"), bias: p("norm.bias"), eps: NORM_EPS };
    return heads(ctx, layerNorm(ctx, states, { ...norm, activated: true }), p("heads"), {
      ...{ tables: this.tables, useGradient },
    });
  }

  /** Noise in (0, 1) of a draw (one of DRAW in rng.ts), one value per gate. */
  noise(ctx: Ctx, stepState: Tensor, draw: number): Tensor {
    return noise(ctx, this.tables, stepState, draw);
  }

  /** (1, 32): the embedding of the ratio, which is added to every row of z. */
  private ratioEmbedding(ctx: Ctx): Tensor {
    const layer = (name: string, x: Tensor): Tensor =>
      linearTrained(ctx, x, this.parameter(`${name}.weight`), this.parameter(`${name}.bias`));
    return layer("ratio.2", gelu(ctx, layer("ratio.0", this.ratio)));
  }

  /** PyTorch's named parameters and "z", read back from the GPU. */
  async toNamed(ctx: Ctx): Promise<Map<string, Float32Array<ArrayBuffer>>> {
    const named = namedOf(this.layout, await flatValues(ctx, this.parameters));
    return named.set("z", await ctx.read(this.z));
  }

  free(ctx: Ctx): void {
    ctx.free(...this.parameters, this.z, this.ratio, this.tables.tiles, this.tables.bounds);
  }

  private parameter(name: string): Tensor {
    const tensor = this.named.get(name);
    invariant(tensor, "bug", `the hypernetwork has no parameter ${name}`);
    return tensor;
  }
}

const filled = (data: Float32Array | undefined): { data?: Float32Array } => (data ? { data } : {});
