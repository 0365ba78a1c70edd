// The training step in our engine: a session of the default recipe, as the studio runs it.
import type { Ctx } from "../../src/engine/ctx.ts";
import type { Model } from "../../src/engine/model/load.ts";
import { DEFAULT_RECIPE } from "../../src/engine/recipes/recipe.ts";
import { Session } from "../../src/engine/train/session.ts";
import type { Peer } from "./peer.ts";

/** text: token ids of the calibration text. */
export function openEngine(ctx: Ctx, model: Model, text: Uint32Array): Peer {
  let session: Session | undefined;
  return {
    start({ tokens, recipe: numbers }) {
      session?.free();
      const recipe = { ...DEFAULT_RECIPE, ...numbers, tokens, steps: 100_000, checkpointEvery: 100_000 };
      session = new Session(ctx, model, { recipe, text, subject: "peers" });
      return Promise.resolve();
    },
    async steps(count) {
      if (!session) throw new Error("start comes before steps");
      const losses: number[] = [];
      await session.run({ due: () => false, onReport: ({ metrics }) => losses.push(...metrics.loss), steps: count });
      return losses;
    },
  };
}
