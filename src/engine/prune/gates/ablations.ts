// The gate model of a recipe: the hypernetwork, for five vectors per block or s4 alone, or one of the paper's ablations (METHOD.md 1.1).
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import { gateTables, type GateTables } from "../../ops/kit/gateTables.ts";
import { heads, type UseGradient } from "../../ops/heads.ts";
import { noise } from "../../ops/noise.ts";
import { spreadGates, type SpreadTables, spreadTables } from "../../ops/spreadGates.ts";
import { DRAW, uniforms } from "../../rng.ts";
import type { Tensor } from "../../tensor.ts";
import type { Recipe } from "../../recipes/recipe.ts";
import type { GateModel } from "./gateModel.ts";
import { type GateLayout, KEPT_LOGIT, NOT_PRUNED, type Sharing, sharingOf } from "../../masks/gates.ts";
import { Hypernet } from "./hypernet.ts";
import { hypernetLayout, initialInputs, type NamedArrays, WIDTH, wrongLength } from "./hypernetLayout.ts";

/**
 * A new gate model for the 5L vectors of `layout`; equal recipes give equal values on every machine. start: PyTorch's named parameters and "z",
 * to begin with instead of those of the seed. Throws EngineError("format") for one that is missing or has another size.
 */
export function gateModelFor(
  ctx: Ctx,
  layout: GateLayout,
  { gates, ratioMode, seed }: Pick<Recipe, "gates" | "ratioMode" | "seed">,
  start?: NamedArrays,
): GateModel {
  const make = (of: GateLayout): GateModel => {
    if (gates.endsWith("no-hypernetwork")) return new FreeLogits(ctx, of);
    if (gates.endsWith("no-gru")) return new LinearHeads(ctx, of, start ? headsOf(of, start) : newHeads(of, seed));
    const shape = hypernetLayout(of, ratioMode === "every");
    return start ? Hypernet.fromNamed(ctx, shape, start) : Hypernet.fromSeed(ctx, shape, seed);
  };
  const sharing = sharingOf({ gates }, layout);
  if (sharing.own === layout) return make(layout);
  return new SpreadGates(ctx, make(sharing.own), layout, sharing);
}

/** For gates that are always on, any noise in (0, 1) serves. */
const FIXED_NOISE = 0.5;

/**
 * Trains the distinct vectors and spreads their gate logits and noise to all 5L: shared vectors then draw equal gates, and their gradients
 * add up. The gates of vectors that are not pruned are always on.
 */
class SpreadGates implements GateModel {
  readonly parameters: readonly Tensor[];
  readonly tables: GateTables;
  readonly mlpOnly: boolean;
  private readonly own: GateModel;
  private readonly spread: SpreadTables;

  constructor(ctx: Ctx, own: GateModel, layout: GateLayout, { own: ownLayout, shown }: Sharing) {
    this.own = own;
    this.parameters = own.parameters;
    this.tables = gateTables(ctx, layout);
    this.mlpOnly = shown.includes(NOT_PRUNED);
    const [padding, fixed] = [ownLayout.length, ownLayout.length + 1];
    const sources = new Uint32Array(layout.length).fill(padding);
    shown.forEach((vector, i) => {
      const [from = 0, to = 0, size = 0] = [ownLayout.offsets[vector], layout.offsets[i], layout.sizes[i]];
      for (let gate = 0; gate < size; gate++) sources[to + gate] = vector === NOT_PRUNED ? fixed : from + gate;
    });
    this.spread = spreadTables(ctx, sources, ownLayout.length);
  }

  setRatio(ctx: Ctx, ratio: number): void {
    this.own.setRatio(ctx, ratio);
  }

  forward(ctx: Ctx, useGradient?: UseGradient): Tensor {
    return spreadGates(ctx, this.own.forward(ctx, useGradient), this.spread, KEPT_LOGIT);
  }

  noise(ctx: Ctx, stepState: Tensor, draw: number): Tensor {
    return spreadGates(ctx, this.own.noise(ctx, stepState, draw), this.spread, FIXED_NOISE);
  }

  free(ctx: Ctx): void {
    this.own.free(ctx);
    const { tables, spread } = this;
    ctx.free(tables.tiles, tables.bounds, spread.sources, spread.places, spread.bounds);
  }
}

/** The values of `LinearHeads`: weight (flat gates, C), z (vectors, C). */
interface HeadValues {
  weight: Float32Array<ArrayBuffer>;
  z: Float32Array<ArrayBuffer>;
}

function newHeads(layout: GateLayout, seed: number): HeadValues {
  const weight = flatHeads(layout, (i, count) =>
    uniforms({ seed, draw: DRAW.init, vector: i }, count, 1 / Math.sqrt(WIDTH)),
  );
  return { weight, z: initialInputs(layout, seed, WIDTH) };
}

/** PyTorch's heads.{i}.weight, (N_i, C), and z. */
function headsOf(layout: GateLayout, arrays: NamedArrays): HeadValues {
  const take = (name: string, count: number): Float32Array<ArrayBuffer> => {
    const values = arrays.get(name);
    invariant(values?.length === count, "format", () => wrongLength(name, count, values));
    return values;
  };
  const weight = flatHeads(layout, (i, count) => take(`heads.${i}.weight`, count));
  return { weight, z: take("z", layout.sizes.length * WIDTH) };
}

/** The values of all heads, (N_i, C) each, in one flat array (flat gates, C). */
function flatHeads(layout: GateLayout, head: (i: number, count: number) => Float32Array): Float32Array<ArrayBuffer> {
  const weight = new Float32Array(layout.length * WIDTH);
  layout.sizes.forEach((size, i) => weight.set(head(i, size * WIDTH), (layout.offsets[i] ?? 0) * WIDTH));
  return weight;
}

/** Without the GRU: x_i = W_i z_i, with z_i ~ N(0, 1) fixed. No layer is shared, so the vectors do not influence each other. */
class LinearHeads implements GateModel {
  /** One, (flat gates, C), initialised like the heads of the hypernetwork. */
  readonly parameters: readonly [Tensor];
  readonly tables: GateTables;
  readonly mlpOnly = false;
  /** (vectors, C). */
  private readonly z: Tensor;

  constructor(ctx: Ctx, layout: GateLayout, { weight, z }: HeadValues) {
    this.parameters = [ctx.persistent("theta", [layout.length, WIDTH], { data: weight, requiresGrad: true })];
    this.z = ctx.persistent("z", [layout.sizes.length, WIDTH], { data: z });
    this.tables = gateTables(ctx, layout);
  }

  setRatio(): void {
    // one ratio only
  }

  forward(ctx: Ctx, useGradient?: UseGradient): Tensor {
    return heads(ctx, this.z, this.parameters[0], { tables: this.tables, useGradient });
  }

  noise(ctx: Ctx, stepState: Tensor, draw: number): Tensor {
    return noise(ctx, this.tables, stepState, draw);
  }

  free(ctx: Ctx): void {
    ctx.free(...this.parameters, this.z, this.tables.tiles, this.tables.bounds);
  }
}

/** Without the hypernetwork: the parameters are the gate logits, which start at 0. */
class FreeLogits implements GateModel {
  readonly parameters: readonly [Tensor];
  readonly tables: GateTables;
  readonly mlpOnly = false;
  /** The identity: `forward` copies. */
  private readonly copying: SpreadTables;

  constructor(ctx: Ctx, layout: GateLayout) {
    this.parameters = [ctx.persistent("theta", [layout.length], { requiresGrad: true })];
    this.tables = gateTables(ctx, layout);
    this.copying = spreadTables(
      ctx,
      Uint32Array.from({ length: layout.length }, (_, gate) => gate),
      layout.length,
    );
  }

  setRatio(): void {
    // one ratio only
  }

  /** A copy, because the logits of a step are those before its update. */
  forward(ctx: Ctx): Tensor {
    return spreadGates(ctx, this.parameters[0], this.copying);
  }

  noise(ctx: Ctx, stepState: Tensor, draw: number): Tensor {
    return noise(ctx, this.tables, stepState, draw);
  }

  free(ctx: Ctx): void {
    const { tables, copying } = this;
    ctx.free(...this.parameters, tables.tiles, tables.bounds, copying.sources, copying.places, copying.bounds);
  }
}
