// Reference of addNorm for a compact model: columns are scattered to the width of the stream before addNorm, and gathered after it.
import { type AddNormParams, addNormForward, alignedTo } from "./addNorm.ref.ts";
import { columnsRef, indexedPlaces } from "./gather.ref.ts";
import { at, type OpCase, type OpRef, randomRef, refTensor, type RefTensor } from "./kit/ref.ts";

/** Inputs: x, affine; with `leaves`, y and its columns; with `enters`, the columns that are read. Columns are an index and its places. */
type Params = Omit<AddNormParams, "trained">;

type Sizes = readonly [rows: number, cols: number, left: number, entered: number];

function caseOf([rows, cols, left, entered]: Sizes, name = "", more: Partial<Params> = {}, scale = 1): OpCase<Params> {
  const params = { eps: 1e-5, centred: false, leaves: left > 0, enters: entered > 0, cols, ...more };
  return {
    name: [name, `R${rows} C${cols}`, left > 0 ? `Y${left}` : "norm", entered > 0 ? `K${entered}` : "all"]
      .filter((word) => word !== "")
      .join(" "),
    params,
    inputs: () => [
      randomRef(1, [rows, cols], scale),
      randomRef(3, [params.centred ? 2 * alignedTo(cols) : cols]),
      ...(left > 0 ? [randomRef(2, [rows, left], scale), ...columnsRef(left, cols)] : []),
      ...(entered > 0 ? columnsRef(entered, cols) : []),
    ],
  };
}

/** Around lanes (256, or 1), rows of a workgroup (1, 4), and 1 to 16 rows of decoding; everything kept, nothing but one column. */
const SIZES: readonly Sizes[] = [
  [1, 1, 1, 1],
  [1, 255, 100, 37],
  [1, 256, 256, 256],
  [1, 257, 4, 256],
  [1, 2048, 1024, 1000],
  [2, 576, 300, 288],
  [3, 192, 191, 1],
  [4, 65, 64, 63],
  [5, 64, 1, 16],
  [16, 320, 160, 4],
  [17, 100, 65, 33],
  [130, 64, 32, 20],
];

export const cutNormRef: OpRef<Params> = {
  name: "cutNorm",
  cases: [
    ...SIZES.map((sizes) => caseOf(sizes, "", sizes[1] === 1 ? { eps: 0.5 } : {})),
    ...[63, 64, 260].map((cols) => caseOf([9, cols, 40, 50], "layer norm", { centred: true })),
    caseOf([1, 512, 128, 384], "layer norm", { centred: true }),
    caseOf([1, 192, 0, 100]),
    caseOf([9, 260, 0, 40], "layer norm", { centred: true }),
    caseOf([1, 192, 100, 0]),
    caseOf([9, 260, 40, 0], "layer norm", { centred: true }),
    caseOf([3, 192, 96, 64], "1e4 scale", {}, 1e4),
    caseOf([3, 192, 96, 64], "1e-4 scale", {}, 1e-4),
    caseOf([2, 64, 32, 16], "zeros", {}, 0),
  ],
  forward([x, affine, ...rest], params) {
    if (!x || !affine) throw new RangeError("cutNorm takes x and weights");
    const [rows = 0] = x.shape;
    const { cols, leaves, enters } = params;
    const y = refTensor(x.shape);
    if (leaves) {
      const [given, index] = [named(rest[0]), named(rest[1])];
      indexedPlaces(rows, cols, index).forEach((place, i) => (y.data[place] = at(given.data, i)));
    }
    const plain = { ...params, leaves: false, enters: false, trained: false };
    const { sum, out } = addNormForward([x, y, affine, refTensor([0])], plain);
    const index = enters ? named(rest.at(-2)) : undefined;
    const read = index
      ? refTensor(
          [rows, index.data.length],
          Float64Array.from(indexedPlaces(rows, cols, index), (place) => at(out.data, place)),
        )
      : out;
    return leaves ? [read, sum] : [read];
  },
};

function named(tensor: RefTensor | undefined): RefTensor {
  if (!tensor) throw new RangeError("cutNorm takes an index for its columns");
  return tensor;
}
