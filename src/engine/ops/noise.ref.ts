// Reference of the noise kernel: rng.ts itself, and not one bit of tolerance.
import { GATE_TILE, layoutOf } from "../masks/gates.ts";
import { uniformNoise } from "../rng.ts";
import { type OpRef, refTensor } from "./kit/ref.ts";

type Params = { sizes: readonly number[]; seed: number; step: number; draw: number };

const counterCase = (name: string, sizes: readonly number[], seed: number, step: number, draw: number) => ({
  name,
  params: { sizes, seed, step, draw },
  inputs: () => [],
});

export const noiseRef: OpRef<Params> = {
  name: "noise",
  tolerance: 0,
  cases: [
    counterCase("N1, all zero", [1], 0, 0, 0),
    counterCase("N63 64 65", [63, 64, 65], 1, 7, 1),
    counterCase("largest counters", [3, 130], 0xffffffff, 0xffffffff, 6),
  ],
  forward(_, { sizes, seed, step, draw }) {
    const { length, offsets, vectorOfTile } = layoutOf(sizes);
    const u = refTensor([length]);
    for (let gate = 0; gate < length; gate++) {
      const vector = vectorOfTile[Math.floor(gate / GATE_TILE)] ?? 0;
      u.data[gate] = uniformNoise(seed, step, draw, vector, gate - (offsets[vector] ?? 0));
    }
    return [u];
  },
};
