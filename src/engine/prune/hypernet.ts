// The hypernetwork of DISP-LLM (method.md 1.2): fixed noise z -> bidirectional GRU -> LayerNorm -> GELU -> a linear head for each vector.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { gateTables, type GateTables } from "../ops/gateTables.ts";
import { gelu } from "../ops/gelu.ts";
import { gru } from "../ops/gru.ts";
import { heads } from "../ops/heads.ts";
import { layerNorm } from "../ops/layerNorm.ts";
import { linearTrained } from "../ops/linearTrained.ts";
import { type Tensor, view } from "../tensor.ts";
import type { GateLayout } from "./gates.ts";
import {
  hypernetLayout,
  type HypernetLayout,
  initialInputs,
  initialTheta,
  INPUT_WIDTH,
  type NamedArrays,
  namedOf,
  NORM_EPS,
  thetaOf,
} from "./hypernetLayout.ts";

/** What the hypernetwork is made of; both flat, theta in the layout's order. */
export interface HypernetValues {
  theta: Float32Array<ArrayBuffer>;
  /** (vectors, 32). */
  z: Float32Array<ArrayBuffer>;
}

export class Hypernet {
  readonly layout: HypernetLayout;
  readonly tables: GateTables;
  /** All parameters in one tensor: one gradient, one AdamW dispatch. */
  readonly theta: Tensor;
  readonly z: Tensor;
  private readonly parameters: ReadonlyMap<string, Tensor>;

  constructor(ctx: Ctx, gates: GateLayout, { theta, z }: HypernetValues) {
    this.layout = hypernetLayout(gates);
    this.tables = gateTables(ctx, gates);
    this.theta = ctx.persistent("theta", [this.layout.length], { data: theta, requiresGrad: true });
    this.z = ctx.persistent("z", [gates.sizes.length, INPUT_WIDTH], { data: z });
    this.parameters = new Map(
      this.layout.tensors.map(({ name, shape, start }) => [name, view(this.theta, start, shape, name)]),
    );
  }

  /** A new one; the same seed gives the same values everywhere. */
  static fromSeed(ctx: Ctx, gates: GateLayout, seed: number): Hypernet {
    return new Hypernet(ctx, gates, {
      theta: initialTheta(hypernetLayout(gates), seed),
      z: initialInputs(gates, seed),
    });
  }

  /** From PyTorch's named parameters and "z". Throws EngineError("format") for what is missing or has another size. */
  static fromNamed(ctx: Ctx, gates: GateLayout, arrays: NamedArrays): Hypernet {
    const theta = thetaOf(hypernetLayout(gates), arrays);
    const z = arrays.get("z");
    const expected = gates.sizes.length * INPUT_WIDTH;
    invariant(
      z?.length === expected,
      "format",
      `hypernetwork: z must have ${expected} values, ${z?.length ?? "none"} came; is it of another model?`,
    );
    return new Hypernet(ctx, gates, { theta, z });
  }

  /** Logits of all gates, flat and without the offset 3; recorded on the tape where there is one. */
  forward(ctx: Ctx): Tensor {
    const p = (name: string): Tensor => this.parameter(name);
    const input = (direction: string): Tensor =>
      linearTrained(ctx, this.z, p(`gru.weight_ih_l0${direction}`), p(`gru.bias_ih_l0${direction}`));
    const states = gru(
      ctx,
      input(""),
      input("_reverse"),
      p("gru.weight_hh_l0"),
      p("gru.bias_hh_l0"),
      p("gru.weight_hh_l0_reverse"),
      p("gru.bias_hh_l0_reverse"),
    );
    const normed = layerNorm(ctx, states, p("norm.weight"), p("norm.bias"), NORM_EPS);
    return heads(ctx, gelu(ctx, normed), p("heads"), this.tables);
  }

  /** PyTorch's named parameters and "z", read back. */
  async toNamed(ctx: Ctx): Promise<Map<string, Float32Array<ArrayBuffer>>> {
    const named = namedOf(this.layout, await ctx.read(this.theta));
    return named.set("z", await ctx.read(this.z));
  }

  free(ctx: Ctx): void {
    ctx.free(this.theta, this.z, this.tables.tiles, this.tables.bounds);
  }

  private parameter(name: string): Tensor {
    const tensor = this.parameters.get(name);
    invariant(tensor, "bug", `the hypernetwork has no parameter ${name}`);
    return tensor;
  }
}
