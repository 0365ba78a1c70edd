// Reference of the noise kernel: rng.ts itself. No bit may differ.
import { GATE_TILE, layoutOf } from "../masks/gates.ts";
import { uniformNoise } from "../rng.ts";
import { type OpRef, refTensor } from "./kit/ref.ts";

type Params = { sizes: readonly number[]; seed: number; step: number; draw: number };

const counterCase = (name: string, params: Params) => ({ name, params, inputs: () => [] });

export const noiseRef: OpRef<Params> = {
  name: "noise",
  tolerance: 0,
  cases: [
    counterCase("N1, all zero", { sizes: [1], seed: 0, step: 0, draw: 0 }),
    counterCase("N63 64 65", { sizes: [63, 64, 65], seed: 1, step: 7, draw: 1 }),
    counterCase("largest counters", { sizes: [3, 130], seed: 0xffffffff, step: 0xffffffff, draw: 6 }),
  ],
  forward(_, { sizes, seed, step, draw }) {
    const { length, offsets, vectorOfTile } = layoutOf(sizes);
    const u = refTensor([length]);
    for (let gate = 0; gate < length; gate++) {
      const vector = vectorOfTile[Math.floor(gate / GATE_TILE)] ?? 0;
      u.data[gate] = uniformNoise({ seed, step, draw, vector }, gate - (offsets[vector] ?? 0));
    }
    return [u];
  },
};
