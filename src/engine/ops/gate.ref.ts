// References of gates, alone and together with the residual add.
import { at, type OpCase, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

/** Which gradients the case needs: each choice has a kernel of its own. */
interface Needed {
  x: boolean;
  mask: boolean;
}

const BOTH: Needed = { x: true, mask: true };

/** Around the edges of workgroups (4, 16, 64 columns; 8 rows), with widths that are multiples of 4 and others. */
const SIZES: readonly (readonly [rows: number, cols: number])[] = [
  [1, 1],
  [1, 64],
  [3, 63],
  [3, 65],
  [7, 60],
  [8, 256],
  [9, 260],
  [17, 192],
  [130, 68],
];

const gradientsOf = (x: RefTensor, mask: RefTensor, dy: RefTensor, needed: Needed): (RefTensor | null)[] => {
  const cols = mask.data.length;
  const dx = zerosLike(x);
  const dmask = zerosLike(mask);
  for (let i = 0; i < x.data.length; i++) {
    dx.data[i] = at(dy.data, i) * at(mask.data, i % cols);
    dmask.data[i % cols] = at(dmask.data, i % cols) + at(dy.data, i) * at(x.data, i);
  }
  return [needed.x ? dx : null, needed.mask ? dmask : null];
};

const cases = (inputs: (rows: number, cols: number, scale?: number) => RefTensor[]): OpCase<Needed>[] => [
  ...SIZES.map(([rows, cols]) => ({ name: `R${rows} C${cols}`, params: BOTH, inputs: () => inputs(rows, cols) })),
  { name: "no d mask", params: { x: true, mask: false }, inputs: () => inputs(9, 68) },
  { name: "no d x", params: { x: false, mask: true }, inputs: () => inputs(9, 68) },
  { name: "1e4 scale", params: BOTH, inputs: () => inputs(5, 64, 1e4) },
  {
    name: "zero mask",
    params: BOTH,
    inputs: () => inputs(5, 64).map((tensor) => (tensor.shape.length === 1 ? zerosLike(tensor) : tensor)),
  },
];

export const gateRef: OpRef<Needed> = {
  name: "gate",
  cases: cases((rows, cols, scale) => [randomRef(1, [rows, cols], scale), randomRef(2, [cols])]),
  forward([x, mask]) {
    if (!x || !mask) throw new RangeError("gate takes x and mask");
    const { length } = mask.data;
    return [
      refTensor(
        x.shape,
        x.data.map((value, i) => value * at(mask.data, i % length)),
      ),
    ];
  },
  backward([x, mask], needed, [dy]) {
    if (!x || !mask || !dy) throw new RangeError("gate takes x and mask");
    return gradientsOf(x, mask, dy, needed);
  },
};

export const gatedAddRef: OpRef<Needed> = {
  name: "gate: add",
  cases: cases((rows, cols, scale) => [
    randomRef(3, [rows, cols], scale),
    randomRef(1, [rows, cols], scale),
    randomRef(2, [cols]),
  ]),
  forward([residual, x, mask]) {
    if (!residual || !x || !mask) throw new RangeError("gatedAdd takes residual, x and mask");
    const { length } = mask.data;
    return [
      refTensor(
        x.shape,
        x.data.map((value, i) => at(residual.data, i) + value * at(mask.data, i % length)),
      ),
    ];
  },
  backward([, x, mask], needed, [dy]) {
    if (!x || !mask || !dy) throw new RangeError("gatedAdd takes residual, x and mask");
    return [dy, ...gradientsOf(x, mask, dy, needed)];
  },
};
