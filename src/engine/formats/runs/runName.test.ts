// Names of runs say how their masks were made: trained for that ratio, cut at another threshold, or one of every ratio.
import { expect, it } from "vitest";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { DEFAULT_WEIGHT_RECIPE } from "../../recipes/weightRecipe.ts";
import { runKind, runName } from "./runName.ts";
import type { RunRecipe } from "./runRecord.ts";

const disp = (patch: Partial<Extract<RunRecipe, { kind: "disp" }>> = {}): RunRecipe => ({
  ...{ kind: "disp", recipe: { ...DEFAULT_RECIPE, ratio: 0.6 }, steps: 9 },
  ...patch,
});
const every = { ...DEFAULT_RECIPE, ratioMode: "every", ratio: 0.4, seed: 2 } as const;

it.each([
  [disp(), "DISP 60 %, seed 1", "dedicated"],
  [disp({ targets: [[0, 0.6]] }), "DISP 60 %, seed 1", "dedicated"],
  [
    disp({
      targets: [
        [0, 0.5],
        [3, 0.6],
      ],
    }),
    "DISP 60 %, seed 1",
    "moved",
  ],
  [disp({ point: 0.63 }), "DISP, threshold at 63 % of a run trained at 60 %, seed 1", "point"],
  [disp({ recipe: every }), "DISP every ratio 35–95 %, at 40 %, seed 2", "every"],
  [disp({ recipe: { ...DEFAULT_RECIPE, gates: "no-gru" } }), "DISP no-gru 50 %, seed 1", "dedicated"],
  [
    disp({ recipe: { ...DEFAULT_RECIPE, gates: "mlp", widthMultiple: 32 } }),
    "DISP mlp widths ×32 50 %, seed 1",
    "dedicated",
  ],
  [{ kind: "weights", recipe: DEFAULT_WEIGHT_RECIPE } as const, "DaSS 2:4, seed 1", "dedicated"],
  [{ kind: "baseline", method: "random", ratio: 0.525, seed: 3 } as const, "random 52.5 %, seed 3", "dedicated"],
])("%o", (made, name, kind) => {
  expect(runName(made)).toBe(name);
  expect(runKind(made)).toBe(kind);
});
