// References of the residual add with norm and gates: with a branch, and the norm alone.
import { at, type OpCase, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

/** Inputs with a branch: x, y, affine, gates; without: x, affine, gates. */
export interface AddNormParams {
  eps: number;
  /** Whether affine has a bias, at the first multiple of 64 after the weight: LayerNorm. */
  centred: boolean;
  /** Whether gates multiply y, and the norm's result. Gates of the second start at the first multiple of 64 after those of the first. */
  leaves: boolean;
  enters: boolean;
  cols: number;
  /** Whether the gates get gradients. */
  trained: boolean;
}

const ALIGNED = 64;
export const alignedTo = (cols: number): number => Math.ceil(cols / ALIGNED) * ALIGNED;

type Choice = Partial<AddNormParams> & { rows: number; cols: number; scale?: number; zeros?: boolean };

function caseOf(branch: boolean, name: string, choice: Choice): OpCase<AddNormParams> {
  const { rows, scale = 1, zeros = false, ...given } = choice;
  // With one column the norm is nearly sign(x), and dx a difference of nearly equal numbers: a small eps would only test rounding.
  const eps = given.cols === 1 ? 0.5 : 1e-5;
  const params = { eps, centred: false, leaves: branch, enters: true, trained: true, ...given };
  const aligned = alignedTo(params.cols);
  const values = (seed: number): RefTensor =>
    zeros ? refTensor([rows, params.cols]) : randomRef(seed, [rows, params.cols], scale);
  const inputs = (): RefTensor[] => [
    values(1),
    ...(branch ? [values(2)] : []),
    randomRef(3, [params.centred ? 2 * aligned : params.cols]),
    randomRef(4, [2 * aligned]),
  ];
  return { name, params, inputs };
}

/** Around Values, lanes (32), rows of a workgroup (4, 8) and blocks of rows (8 to 9 at 130 rows, 33 at 520). */
function casesOf(branch: boolean): OpCase<AddNormParams>[] {
  const sizes = [
    ...[1, 4, 63, 64, 65, 192, 260].map((cols) => [3, cols] as const),
    ...([
      [1, 64],
      [7, 20],
      [8, 68],
      [9, 36],
      [17, 65],
      [64, 132],
      [130, 64],
      [520, 8],
    ] as const),
  ];
  const of = (name: string, choice: Choice): OpCase<AddNormParams> => caseOf(branch, name, choice);
  return [
    ...sizes.map(([rows, cols]) => of(`R${rows} C${cols}`, { rows, cols })),
    ...[63, 64, 260].map((cols) => of(`layer norm R9 C${cols}`, { rows: 9, cols, centred: true })),
    of("layer norm R130 C68", { rows: 130, cols: 68, centred: true }),
    of("no gates R9 C68", { rows: 9, cols: 68, leaves: false, enters: false }),
    of("layer norm without gates R9 C63", { rows: 9, cols: 63, centred: true, leaves: false, enters: false }),
    of("gates only after", { rows: 9, cols: 68, leaves: false }),
    ...(branch ? [of("gates only before", { rows: 9, cols: 68, enters: false })] : []),
    of("frozen gates", { rows: 9, cols: 68, trained: false }),
    of("1e4 scale", { rows: 3, cols: 192, scale: 1e4 }),
    of("1e-4 scale", { rows: 3, cols: 192, scale: 1e-4 }),
    of("layer norm 1e4 scale", { rows: 3, cols: 192, scale: 1e4, centred: true }),
    of("zeros", { rows: 2, cols: 64, zeros: true }),
    of("layer norm zeros", { rows: 2, cols: 64, zeros: true, centred: true }),
  ];
}

interface Tensors {
  x: RefTensor;
  y: RefTensor | undefined;
  affine: RefTensor;
  gates: RefTensor;
}

function named(inputs: readonly RefTensor[]): Tensors {
  const [x, ...rest] = inputs;
  const [y, affine, gates] = rest.length === 3 ? rest : [undefined, ...rest];
  if (!x || !affine || !gates) throw new RangeError("addNorm takes x, perhaps y, weights and gates");
  return { x, y, affine, gates };
}

/** Factor of y, weight, bias and factor of the norm for a column. */
function columnOf({ affine, gates }: Tensors, { cols, centred, leaves, enters }: AddNormParams, c: number) {
  const second = alignedTo(cols) + c;
  return {
    leave: leaves ? gates.data[c]! : 1,
    weight: affine.data[c]!,
    bias: centred ? affine.data[second]! : 0,
    enter: enters ? gates.data[second]! : 1,
  };
}

/** x + leave * y, and mean and 1 / deviation of each of its rows. */
function sumOf(tensors: Tensors, params: AddNormParams): { sum: RefTensor; rows: { mean: number; r: number }[] } {
  const { x, y } = tensors;
  const { cols, centred, eps } = params;
  const sum = refTensor(
    x.shape,
    x.data.map((value, i) => value + (y ? y.data[i]! * columnOf(tensors, params, i % cols).leave : 0)),
  );
  const rows = Array.from({ length: x.data.length / cols }, (_, row) => {
    const values = sum.data.subarray(row * cols, (row + 1) * cols);
    const mean = centred ? values.reduce((total, value) => total + value, 0) / cols : 0;
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / cols;
    return { mean, r: 1 / Math.sqrt(variance + eps) };
  });
  return { sum, rows };
}

/** The op on x, y, affine and gates, or on x, affine and gates. */
export function addNormForward(
  inputs: readonly RefTensor[],
  params: AddNormParams,
): { sum: RefTensor; out: RefTensor } {
  const tensors = named(inputs);
  const { sum, rows } = sumOf(tensors, params);
  const out = zerosLike(sum);
  rows.forEach(({ mean, r }, row) => {
    for (let c = 0; c < params.cols; c++) {
      const { weight, bias, enter } = columnOf(tensors, params, c);
      const i = row * params.cols + c;
      out.data[i] = ((sum.data[i]! - mean) * r * weight + bias) * enter;
    }
  });
  return { sum, out };
}

/** The gradients of x, y and gates, from those of out and of the sum. */
function backward(inputs: readonly RefTensor[], params: AddNormParams, dOut: RefTensor, dSum?: RefTensor) {
  const tensors = named(inputs);
  const { cols, centred, leaves, enters } = params;
  const { sum, rows } = sumOf(tensors, params);
  const [dx, dy, dGates] = [zerosLike(sum), zerosLike(sum), zerosLike(tensors.gates)];
  const addTo = (i: number, value: number): void => void (dGates.data[i] = dGates.data[i]! + value);
  rows.forEach(({ mean, r }, row) => {
    const columns = Array.from({ length: cols }, (_, c) => {
      const i = row * cols + c;
      const column = columnOf(tensors, params, c);
      return { i, c, ...column, v: (sum.data[i]! - mean) * r, g: dOut.data[i]! * column.weight * column.enter };
    });
    const meanG = centred ? columns.reduce((total, { g }) => total + g, 0) / cols : 0;
    const meanGv = columns.reduce((total, { g, v }) => total + g * v, 0) / cols;
    for (const { i, c, v, g, leave, weight, bias } of columns) {
      const slope = (dSum ? dSum.data[i]! : 0) + r * (g - meanG - v * meanGv);
      dx.data[i] = slope;
      dy.data[i] = slope * leave;
      if (leaves) addTo(c, slope * at(tensors.y?.data ?? dx.data, i));
      if (enters) addTo(alignedTo(cols) + c, dOut.data[i]! * (v * weight + bias));
    }
  });
  return { dx, dy, dGates: params.trained && (leaves || enters) ? dGates : null };
}

export const addNormRef: OpRef<AddNormParams> = {
  name: "addNorm",
  cases: casesOf(true),
  forward(inputs, params) {
    const { sum, out } = addNormForward(inputs, params);
    return [out, sum];
  },
  backward(inputs, params, [dOut, dSum]) {
    if (!dOut || !dSum) throw new RangeError("addNorm has two outputs");
    const { dx, dy, dGates } = backward(inputs, params, dOut, dSum);
    return [dx, dy, null, dGates];
  },
};

/** The sum gets no gradient: the last norm of a model. */
export const addNormLastRef: OpRef<AddNormParams> = {
  name: "addNorm: last",
  cases: casesOf(true).filter(({ params: { cols } }) => cols >= 63 && cols <= 68),
  forward: (inputs, params) => [addNormForward(inputs, params).out],
  backward(inputs, params, [dOut]) {
    if (!dOut) throw new RangeError("addNorm has an output");
    const { dx, dy, dGates } = backward(inputs, params, dOut);
    return [dx, dy, null, dGates];
  },
};

export const normAloneRef: OpRef<AddNormParams> = {
  name: "addNorm: norm",
  cases: casesOf(false),
  forward: (inputs, params) => [addNormForward(inputs, params).out],
  backward(inputs, params, [dOut]) {
    if (!dOut) throw new RangeError("a norm has an output");
    const { dx, dGates } = backward(inputs, params, dOut);
    return [dx, null, dGates];
  },
};
