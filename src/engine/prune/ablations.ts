// The gates of a recipe: the hypernetwork's, or those of the paper's three ablations (method.md 1.1).
import type { Ctx } from "../ctx.ts";
import { gateTables, type GateTables } from "../ops/gateTables.ts";
import { heads } from "../ops/heads.ts";
import { noise } from "../ops/noise.ts";
import { spreadGates, type SpreadTables, spreadTables } from "../ops/spreadGates.ts";
import { DRAW, uniforms } from "../rng.ts";
import type { Tensor } from "../tensor.ts";
import type { Recipe } from "../train/recipe.ts";
import type { GateModel } from "./gateModel.ts";
import { type GateLayout, type Sharing, sharingOf } from "./gates.ts";
import { Hypernet } from "./hypernet.ts";
import { hypernetLayout, initialInputs, WIDTH } from "./hypernetLayout.ts";

/** A new one for the 5L vectors of `layout`; the same recipe gives the same values everywhere. */
export function gateModelFor(
  ctx: Ctx,
  layout: GateLayout,
  { gates, ratioMode, seed }: Pick<Recipe, "gates" | "ratioMode" | "seed">,
): GateModel {
  const hypernet = (of: GateLayout): Hypernet =>
    Hypernet.fromSeed(ctx, hypernetLayout(of, ratioMode === "every"), seed);
  switch (gates) {
    case "full":
      return hypernet(layout);
    case "constrained": {
      const sharing = sharingOf(gates, layout);
      return new SharedGates(ctx, hypernet(sharing.own), layout, sharing);
    }
    case "no-gru":
      return new LinearHeads(ctx, layout, seed);
    case "no-hypernetwork":
      return new FreeLogits(ctx, layout);
  }
}

/** Trains the different vectors, and lays logits and noise out for all 5L: equal ones give equal gates, and gradients add up. */
class SharedGates implements GateModel {
  readonly theta: Tensor;
  readonly tables: GateTables;
  private readonly own: GateModel;
  private readonly places: SpreadTables;

  constructor(ctx: Ctx, own: GateModel, layout: GateLayout, { own: ownLayout, shown }: Sharing) {
    this.own = own;
    this.theta = own.theta;
    this.tables = gateTables(ctx, layout);
    const sources = new Uint32Array(layout.length).fill(ownLayout.length);
    shown.forEach((vector, place) => {
      const [from = 0, to = 0, size = 0] = [ownLayout.offsets[vector], layout.offsets[place], layout.sizes[place]];
      for (let gate = 0; gate < size; gate++) sources[to + gate] = from + gate;
    });
    this.places = spreadTables(ctx, sources, ownLayout.length);
  }

  aim(ctx: Ctx, keep: number): void {
    this.own.aim(ctx, keep);
  }

  forward(ctx: Ctx): Tensor {
    return spreadGates(ctx, this.own.forward(ctx), this.places);
  }

  noise(ctx: Ctx, stepState: Tensor, draw: number): Tensor {
    return spreadGates(ctx, this.own.noise(ctx, stepState, draw), this.places);
  }

  free(ctx: Ctx): void {
    this.own.free(ctx);
    ctx.free(this.tables.tiles, this.tables.bounds, this.places.sources, this.places.places, this.places.bounds);
  }
}

/** Without the GRU: x_i = W_i z_i, with z_i ~ N(0, 1) fixed. No layer is shared, so that no vector learns of another. */
class LinearHeads implements GateModel {
  /** (flat gates, C), initialised as the hypernetwork's heads are. */
  readonly theta: Tensor;
  readonly tables: GateTables;
  /** (vectors, C). */
  private readonly z: Tensor;

  constructor(ctx: Ctx, layout: GateLayout, seed: number) {
    const weight = new Float32Array(layout.length * WIDTH);
    layout.sizes.forEach((size, i) => {
      weight.set(uniforms(seed, DRAW.init, i, size * WIDTH, 1 / Math.sqrt(WIDTH)), (layout.offsets[i] ?? 0) * WIDTH);
    });
    const shape = [layout.length, WIDTH];
    this.theta = ctx.persistent("theta", shape, { data: weight, requiresGrad: true });
    this.z = ctx.persistent("z", [layout.sizes.length, WIDTH], { data: initialInputs(layout, seed, WIDTH) });
    this.tables = gateTables(ctx, layout);
  }

  aim(): void {
    // one ratio only
  }

  forward(ctx: Ctx): Tensor {
    return heads(ctx, this.z, this.theta, this.tables);
  }

  noise(ctx: Ctx, stepState: Tensor, draw: number): Tensor {
    return noise(ctx, this.tables, stepState, draw);
  }

  free(ctx: Ctx): void {
    ctx.free(this.theta, this.z, this.tables.tiles, this.tables.bounds);
  }
}

/** Without the hypernetwork: theta is the logits, which start at 0. */
class FreeLogits implements GateModel {
  readonly theta: Tensor;
  readonly tables: GateTables;
  private readonly places: SpreadTables;

  constructor(ctx: Ctx, layout: GateLayout) {
    this.theta = ctx.persistent("theta", [layout.length], { requiresGrad: true });
    this.tables = gateTables(ctx, layout);
    this.places = spreadTables(
      ctx,
      Uint32Array.from({ length: layout.length }, (_, gate) => gate),
      layout.length,
    );
  }

  aim(): void {
    // one ratio only
  }

  /** A copy, for a step's logits are those before its update. */
  forward(ctx: Ctx): Tensor {
    return spreadGates(ctx, this.theta, this.places);
  }

  noise(ctx: Ctx, stepState: Tensor, draw: number): Tensor {
    return noise(ctx, this.tables, stepState, draw);
  }

  free(ctx: Ctx): void {
    const { tables, places } = this;
    ctx.free(this.theta, tables.tiles, tables.bounds, places.sources, places.places, places.bounds);
  }
}
