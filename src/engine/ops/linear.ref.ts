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

/**
 * Values of very different sizes: of in feature c, the activations are multiplied by a power of two and the weights divided by it, so that
 * all terms of a sum count alike. Kernels that scale what they multiply must follow the sizes along the sum.
 */
const scaledCase = (
  what: string,
  [m, n, k]: Size,
  precision: "f32" | "f16",
  power: (c: number) => number,
): OpCase<null> => {
  const scaled = (tensor: RefTensor, sign: number): RefTensor => ({
    ...tensor,
    data: tensor.data.map((value, i) => value * 2 ** (sign * Math.round(power(i % k)))),
  });
  return {
    name: `M${m} N${n} K${k} ${what}${storedName(precision)}`,
    params: null,
    inputs: () => [scaled(randomRef(1, [m, k]), 1), scaled(randomWeights(2, [n, k], precision), -1)],
  };
};

/** One large activation beside ordinary ones, as language models have them, with small weights: the other rows must not lose by it. */
const largeActivationCase = (precision: "f32" | "f16", power: number): OpCase<null> => {
  const [m, n, k, feature] = [33, 36, 68, 5];
  const multiplied = (tensor: RefTensor, by: number, isChosen: (i: number) => boolean): RefTensor => ({
    ...tensor,
    data: tensor.data.map((value, i) => (isChosen(i) ? value * by : value)),
  });
  return {
    name: `M${m} N${n} K${k} large activation${storedName(precision)}`,
    params: null,
    inputs: () => [
      multiplied(randomRef(1, [m, k]), 2 ** power, (i) => i === feature),
      multiplied(randomWeights(2, [n, k], precision), 2 ** -power, (i) => i % k === feature),
    ],
  };
};

/** Powers within the range of halves where the weights are halves. */
const SCALED_CASES = [
  scaledCase("growing", [33, 36, 132], "f32", (c) => c / 4),
  scaledCase("shrinking", [33, 36, 132], "f32", (c) => -c / 4),
  scaledCase("growing", [33, 36, 132], "f16", (c) => c / 16),
  scaledCase("tiny activations", [17, 36, 60], "f32", () => -90),
  scaledCase("huge activations", [17, 36, 60], "f32", () => 90),
  largeActivationCase("f32", 17),
  largeActivationCase("f16", 10),
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
  cases: [...casesOf(SIZES, "f32"), ...casesOf(HALF_SIZES, "f16"), ...SCALED_CASES, ...blockCases],
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
