// Reference of the frozen linear layer.
import { BLOCK_DTYPES, type MatrixDtype } from "../dtype.ts";
import { blockTypeNamed } from "../formats/gguf/types.ts";
import { type OpCase, type OpRef, randomRef, randomWeights, type RefTensor, refTensor, zerosLike } from "./kit/ref.ts";

/** x: (m, k), weight: (n, k). */
export interface LinearShape {
  m: number;
  n: number;
  k: number;
  /** Default: none. */
  bias?: boolean;
  /** Of the weight; default: f32. */
  precision?: MatrixDtype;
}

type Size = readonly [m: number, n: number, k: number];

/** Around the tiles of all kernel variants, and with sums long enough for several slices. The last two have widths that are not multiples of 4. */
const SIZES: readonly Size[] = [
  [1, 4, 4],
  [1, 64, 64],
  [3, 20, 12],
  [4, 16, 64],
  [5, 32, 36],
  [7, 60, 8],
  [8, 64, 28],
  [15, 28, 32],
  [16, 32, 64],
  [17, 36, 60],
  [63, 68, 68],
  [64, 64, 16],
  [65, 12, 20],
  [32, 64, 36],
  [33, 132, 128],
  [127, 128, 20],
  [128, 64, 36],
  [129, 132, 132],
  [9, 68, 260],
  [9, 260, 68],
  [5, 30, 28],
  [5, 32, 27],
];

/** In the last one both widths are odd: a row of halves then starts in the middle of a u32. */
const HALF_SIZES: typeof SIZES = [...SIZES, [5, 31, 27]];

/** How the name of a case says how its weight is stored. */
export const storedName = (dtype: MatrixDtype): string =>
  dtype === "f32" ? "" : dtype === "f16" ? " half" : ` ${dtype}`;

export const linearCase = ({ m, n, k, bias, precision = "f32" }: LinearShape): OpCase<null> => ({
  name: `M${m} N${n} K${k}${bias ? " bias" : ""}${storedName(precision)}`,
  params: null,
  inputs: () => [randomRef(1, [m, k]), randomWeights(2, [n, k], precision), ...(bias ? [randomRef(3, [n])] : [])],
});

const casesOf = (sizes: typeof SIZES, precision: MatrixDtype): OpCase<null>[] => [
  ...sizes.map(([m, n, k]) => linearCase({ m, n, k, precision })),
  linearCase({ m: 1, n: 16, k: 64, bias: true, precision }),
  linearCase({ m: 17, n: 36, k: 60, bias: true, precision }),
];

/** Factors by which the values of in feature c are multiplied; those of activations may depend on the row. */
interface Sizes {
  x: (c: number, row: number) => number;
  weight?: (c: number) => number;
}

/**
 * Values of very different sizes. Where a size of activations is the inverse of that of weights, all terms of a sum count alike. Kernels that
 * scale what they multiply must follow the sizes along the sum.
 */
const sizedCase = (
  what: string,
  [m, n, k]: Size,
  precision: "f32" | "f16",
  { x, weight = () => 1 }: Sizes,
): OpCase<null> => {
  const sized = (tensor: RefTensor, by: (c: number, row: number) => number): RefTensor => ({
    ...tensor,
    data: tensor.data.map((value, i) => value * by(i % k, Math.floor(i / k))),
  });
  return {
    name: `M${m} N${n} K${k} ${what}${storedName(precision)}`,
    params: null,
    inputs: () => [sized(randomRef(1, [m, k]), x), sized(randomWeights(2, [n, k], precision), weight)],
  };
};

/** 2^floor(c / every), and its inverse for the weights. */
const growing = (every: number): Sizes => ({
  x: (c) => 2 ** Math.floor(c / every),
  weight: (c) => 2 ** -Math.floor(c / every),
});
/** One large activation beside ordinary ones, as language models have them, with small weights: the other rows must not lose by it. */
const large = (power: number): Sizes => ({
  x: (c, row) => (c === 5 && row === 0 ? 2 ** power : 1),
  weight: (c) => (c === 5 ? 2 ** -power : 1),
});

/** Within the range of halves where the weights are halves. */
const SIZED_CASES = [
  sizedCase("growing", [33, 36, 132], "f32", growing(4)),
  sizedCase("shrinking", [33, 36, 132], "f32", growing(-4)),
  sizedCase("growing", [33, 36, 132], "f16", growing(16)),
  sizedCase("tiny activations", [17, 36, 60], "f32", { x: () => 2 ** -90, weight: () => 2 ** 90 }),
  sizedCase("huge activations", [17, 36, 60], "f32", { x: () => 2 ** 90, weight: () => 2 ** -90 }),
  sizedCase("zeros before tiny activations", [17, 36, 132], "f32", { x: (c) => (c < 64 ? 0 : 2 ** -90) }),
  sizedCase("tiny after ordinary activations", [17, 36, 132], "f32", growing(-2)),
  sizedCase("large activation", [33, 36, 68], "f32", large(17)),
  sizedCase("large activation", [33, 36, 68], "f16", large(10)),
];

/**
 * For weights in blocks, with in features of `width` times some blocks: decoding, an odd number of blocks and of rows, edges of tiles, and out
 * features that are not a multiple of 4.
 */
const blockSizes = (width: number): typeof SIZES => [
  [1, 4, width],
  [3, 20, 3 * width],
  [33, 36, width],
  [5, 31, width],
];

const blockCases = BLOCK_DTYPES.flatMap((precision) => {
  const sizes = blockSizes(blockTypeNamed(precision).values);
  const [, , [m, n, k]] = sizes as [Size, Size, Size];
  return [
    ...sizes.map((size) => linearCase({ m: size[0], n: size[1], k: size[2], precision })),
    linearCase({ m, n, k, bias: true, precision }),
  ];
});

export const linearRef: OpRef<null> = {
  name: "linear",
  cases: [...casesOf(SIZES, "f32"), ...casesOf(HALF_SIZES, "f16"), ...SIZED_CASES, ...blockCases],
  forward([x, w, bias]) {
    if (!x || !w) throw new RangeError("linear takes x and weight");
    const [m = 0, k = 0] = x.shape;
    const [n = 0] = w.shape;
    const y = refTensor([m, n]);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = bias ? bias.data[j]! : 0;
        for (let c = 0; c < k; c++) sum += x.data[i * k + c]! * w.data[j * k + c]!;
        y.data[i * n + j] = sum;
      }
    }
    return [y];
  },
  backward([x, w, bias], _, [dy]) {
    if (!x || !w || !dy) throw new RangeError("linear takes x and weight");
    const [m = 0, k = 0] = x.shape;
    const [n = 0] = w.shape;
    const dx = zerosLike(x);
    for (let i = 0; i < m; i++) {
      for (let c = 0; c < k; c++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += dy.data[i * n + j]! * w.data[j * k + c]!;
        dx.data[i * k + c] = sum;
      }
    }
    return bias ? [dx, null, null] : [dx, null];
  },
};
