// Reference of the sums over the tiles of each vector.
import { layoutOf } from "../masks/gates.ts";
import { at, type OpCase, type OpRef, randomRef, refTensor } from "./kit/ref.ts";

interface Params {
  /** Gates of each vector. */
  sizes: readonly number[];
}

const tilesCase = (sizes: readonly number[], cols: number): OpCase<Params> => ({
  name: `N${sizes.join(" ")} C${cols}`,
  params: { sizes },
  inputs: () => [randomRef(1, [layoutOf(sizes).vectorOfTile.length, cols]), refTensor([sizes.length, cols])],
});

export const tileSumsRef: OpRef<Params> = {
  name: "tileSums",
  cases: [
    tilesCase([1], 1),
    tilesCase([64], 4),
    tilesCase([63, 64, 65], 1),
    tilesCase([64, 64, 64, 176, 64], 128),
    tilesCase([300, 5, 129], 36),
  ],
  forward([parts], { sizes }) {
    if (!parts) throw new RangeError("tileSums takes sums by tile");
    const [, cols = 1] = parts.shape;
    const sums = refTensor([sizes.length, cols]);
    layoutOf(sizes).vectorOfTile.forEach((vector, tile) => {
      for (let c = 0; c < cols; c++) {
        const i = vector * cols + c;
        sums.data[i] = at(sums.data, i) + at(parts.data, tile * cols + c);
      }
    });
    return [sums];
  },
};
