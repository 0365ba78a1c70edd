// References of the MLP's activation, alone and gated.
import { type Activation, ACTIVATIONS } from "./activation.ts";
import { erf } from "./gelu.ref.ts";
import { at, type OpCase, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

const sigmoid = (g: number): number => (g < 0 ? Math.exp(g) / (1 + Math.exp(g)) : 1 / (1 + Math.exp(-g)));

/** Each activation with its derivative. */
const CURVES: Readonly<Record<Activation, (g: number) => { value: number; slope: number }>> = {
  silu: (g) => ({ value: g * sigmoid(g), slope: sigmoid(g) + g * sigmoid(g) * sigmoid(-g) }),
  relu: (g) => ({ value: Math.max(g, 0), slope: g > 0 ? 1 : 0 }),
  gelu_tanh: (g) => {
    const inner = Math.sqrt(2 / Math.PI) * (g + 0.044715 * g ** 3);
    const tanh = Math.tanh(inner);
    const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * g * g);
    return { value: 0.5 * g * (1 + tanh), slope: 0.5 * (1 + tanh) + 0.5 * g * (1 - tanh * tanh) * slope };
  },
  gelu: (g) => {
    const below = 0.5 * (1 + erf(g / Math.SQRT2));
    return { value: g * below, slope: below + (g * Math.exp(-0.5 * g * g)) / Math.sqrt(2 * Math.PI) };
  },
};

/** Values around the ends of exp's f32 range, and around the bend of each curve. */
const EXTREMES = [-1e4, -200, -100, -89, -30, -12, -5, -1, -1e-3, 1e-3, 1, 5, 12, 30, 89, 100, 200, 1e4];

interface Params {
  act: Activation;
  /** How often gates multiply. */
  times: 0 | 1 | 2;
}

function cases(inputOf: (rows: number, cols: number) => RefTensor, extreme: () => RefTensor): OpCase<Params>[] {
  const sizes = [
    [1, 1],
    [3, 63],
    [8, 64],
    [9, 65],
    [17, 130],
  ] as const;
  /** Also around the blocks of rows of the gates' gradient. */
  const gatedSizes = [...sizes, [7, 260], [64, 68], [130, 68], [530, 4]] as const;
  return [
    ...sizes.map(([rows, cols]) => ({
      name: `R${rows} C${cols}`,
      params: { act: "silu", times: 0 } as const,
      inputs: () => [inputOf(rows, cols)],
    })),
    ...([1, 2] as const).flatMap((times) =>
      gatedSizes.map(([rows, cols]) => ({
        name: `gates ${times} R${rows} C${cols}`,
        params: { act: "silu", times } as const,
        inputs: () => [inputOf(rows, cols), randomRef(2, [cols])],
      })),
    ),
    ...ACTIVATIONS.flatMap((act) => [
      { name: `${act} R5 C67`, params: { act, times: 0 } as const, inputs: () => [inputOf(5, 67)] },
      { name: `${act} gates`, params: { act, times: 1 } as const, inputs: () => [inputOf(9, 68), randomRef(2, [68])] },
      { name: `${act} extremes`, params: { act, times: 0 } as const, inputs: () => [extreme()] },
    ]),
    {
      name: "zero gates",
      params: { act: "silu", times: 2 },
      inputs: () => [inputOf(9, 64), refTensor([64])],
    },
  ];
}

/** m^times of a column, and its slope. Without gates: 1. */
function factorOf(m: RefTensor | undefined, times: number, col: number): { factor: number; slope: number } {
  const gate = m ? at(m.data, col) : 1;
  return times === 2 ? { factor: gate * gate, slope: 2 * gate } : { factor: gate, slope: 1 };
}

/** Values within +-4, none so close to 0 that a finite difference would cross the bend of relu. */
const spread = (seed: number, shape: readonly number[]): RefTensor => {
  const values = randomRef(seed, shape, 4);
  return refTensor(
    shape,
    values.data.map((value) => (Math.abs(value) < 0.01 ? 0.25 : value)),
  );
};

/** The gradients of x and of the gates, from those of both and of y for each element. */
function backward(
  [x, m]: readonly RefTensor[],
  { times }: Params,
  dy: RefTensor | undefined,
  element: (i: number, put: (at: number, gradient: number) => void) => number,
): (RefTensor | null)[] {
  if (!x || !dy) throw new RangeError("an activation takes x");
  const f = dy.shape.at(-1) ?? 1;
  const dx = zerosLike(x);
  const dm = m && zerosLike(m);
  for (let i = 0; i < dy.data.length; i++) {
    const { factor, slope } = factorOf(m, times, i % f);
    const grad = at(dy.data, i);
    const value = element(i, (to, gradient) => (dx.data[to] = grad * factor * gradient));
    if (dm) dm.data[i % f] = at(dm.data, i % f) + grad * value * slope;
  }
  return dm ? [dx, dm] : [dx];
}

export const activateRef: OpRef<Params> = {
  name: "activation",
  cases: cases(
    (rows, cols) => spread(1, [rows, cols]),
    () => refTensor([1, EXTREMES.length], Float64Array.from(EXTREMES)),
  ),
  forward([x, m], { act, times }) {
    if (!x) throw new RangeError("activate takes x");
    const { shape, data } = x;
    const f = shape.at(-1) ?? 1;
    return [
      refTensor(
        shape,
        data.map((g, i) => CURVES[act](g).value * factorOf(m, times, i % f).factor),
      ),
    ];
  },
  backward: (inputs, params, [dy]) =>
    backward(inputs, params, dy, (i, put) => {
      const { value, slope } = CURVES[params.act](at(inputs[0]?.data ?? new Float64Array(), i));
      put(i, slope);
      return value;
    }),
};

export const gluRef: OpRef<Params> = {
  name: "activation: glu",
  cases: cases(
    (rows, cols) => spread(1, [rows, 2 * cols]),
    () => refTensor([1, 2 * EXTREMES.length], Float64Array.from([...EXTREMES, ...EXTREMES.map((_, i) => i / 10 - 1)])),
  ),
  forward([x, m], { act, times }) {
    if (!x) throw new RangeError("glu takes gate|up");
    const f = (x.shape[1] ?? 0) / 2;
    const y = refTensor([x.shape[0] ?? 0, f]);
    for (let i = 0; i < y.data.length; i++) {
      const gate = Math.floor(i / f) * 2 * f + (i % f);
      y.data[i] = CURVES[act](at(x.data, gate)).value * at(x.data, gate + f) * factorOf(m, times, i % f).factor;
    }
    return [y];
  },
  backward: (inputs, params, [dy]) =>
    backward(inputs, params, dy, (i, put) => {
      const data = inputs[0]?.data ?? new Float64Array();
      const f = dy?.shape[1] ?? 1;
      const gate = Math.floor(i / f) * 2 * f + (i % f);
      const { value, slope } = CURVES[params.act](at(data, gate));
      const up = at(data, gate + f);
      put(gate, up * slope);
      put(gate + f, value);
      return value * up;
    }),
};
