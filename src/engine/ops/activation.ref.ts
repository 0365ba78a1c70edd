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

function cases(inputOf: (rows: number, cols: number) => RefTensor, extreme: () => RefTensor): OpCase<Activation>[] {
  const sizes = [
    [1, 1],
    [3, 63],
    [8, 64],
    [9, 65],
    [17, 130],
  ] as const;
  return [
    ...sizes.map(([rows, cols]) => ({
      name: `R${rows} C${cols}`,
      params: "silu" as const,
      inputs: () => [inputOf(rows, cols)],
    })),
    ...ACTIVATIONS.map((act) => ({ name: `${act} R5 C67`, params: act, inputs: () => [inputOf(5, 67)] })),
    ...ACTIVATIONS.map((act) => ({ name: `${act} extremes`, params: act, inputs: () => [extreme()] })),
  ];
}

/** Values within +-4, none so close to 0 that a finite difference would cross the bend of relu. */
const spread = (seed: number, shape: readonly number[]): RefTensor => {
  const values = randomRef(seed, shape, 4);
  return refTensor(
    shape,
    values.data.map((value) => (Math.abs(value) < 0.01 ? 0.25 : value)),
  );
};

export const activateRef: OpRef<Activation> = {
  name: "activation",
  cases: cases(
    (rows, cols) => spread(1, [rows, cols]),
    () => refTensor([1, EXTREMES.length], Float64Array.from(EXTREMES)),
  ),
  forward([x], act) {
    if (!x) throw new RangeError("activate takes x");
    const { shape, data } = x;
    return [
      refTensor(
        shape,
        data.map((g) => CURVES[act](g).value),
      ),
    ];
  },
  backward([x], act, [dy]) {
    if (!x || !dy) throw new RangeError("activate takes x");
    const { shape, data } = x;
    return [
      refTensor(
        shape,
        data.map((g, i) => CURVES[act](g).slope * at(dy.data, i)),
      ),
    ];
  },
};

export const gluRef: OpRef<Activation> = {
  name: "activation: glu",
  cases: cases(
    (rows, cols) => spread(1, [rows, 2 * cols]),
    () => refTensor([1, 2 * EXTREMES.length], Float64Array.from([...EXTREMES, ...EXTREMES.map((_, i) => i / 10 - 1)])),
  ),
  forward([x], act) {
    if (!x) throw new RangeError("glu takes gate|up");
    const f = (x.shape[1] ?? 0) / 2;
    const y = refTensor([x.shape[0] ?? 0, f]);
    for (let i = 0; i < y.data.length; i++) {
      const gate = Math.floor(i / f) * 2 * f + (i % f);
      y.data[i] = CURVES[act](at(x.data, gate)).value * at(x.data, gate + f);
    }
    return [y];
  },
  backward([x], act, [dy]) {
    if (!x || !dy) throw new RangeError("glu takes gate|up");
    const f = (x.shape[1] ?? 0) / 2;
    const dx = zerosLike(x);
    for (let i = 0; i < dy.data.length; i++) {
      const gate = Math.floor(i / f) * 2 * f + (i % f);
      const { value, slope } = CURVES[act](at(x.data, gate));
      dx.data[gate] = at(dy.data, i) * at(x.data, gate + f) * slope;
      dx.data[gate + f] = at(dy.data, i) * value;
    }
    return [dx];
  },
};
