// Reference of the bidirectional GRU: one direction at a time, forward and backward through time.
import { type OpRef, randomRef, refTensor, type RefTensor } from "./kit/ref.ts";

type Params = Record<string, never>;

const shapeCase = (steps: number, hidden: number, scale = 1, name = `S${steps} H${hidden}`) => ({
  name,
  params: {},
  inputs: () => [
    randomRef(1, [steps, 3 * hidden], scale),
    randomRef(2, [steps, 3 * hidden], scale),
    randomRef(3, [3 * hidden, hidden], 1 / Math.sqrt(hidden)),
    randomRef(4, [3 * hidden], 1 / Math.sqrt(hidden)),
    randomRef(5, [3 * hidden, hidden], 1 / Math.sqrt(hidden)),
    randomRef(6, [3 * hidden], 1 / Math.sqrt(hidden)),
  ],
});

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

interface Direction {
  x: Float64Array;
  w: Float64Array;
  b: Float64Array;
  steps: number;
  hidden: number;
  reverse: boolean;
}

/** What backward needs of one time step. */
interface Step {
  r: Float64Array;
  z: Float64Array;
  n: Float64Array;
  /** W_n h + b_n. */
  hn: Float64Array;
  /** h before the step. */
  before: Float64Array;
  /** h after the step. */
  h: Float64Array;
}

/** Time steps in the order of the direction. */
const times = ({ steps, reverse }: Direction): number[] =>
  Array.from({ length: steps }, (_, step) => (reverse ? steps - 1 - step : step));

/** Forward: all steps, by time. */
function forwardSteps(direction: Direction): Step[] {
  const { x, w, b, hidden } = direction;
  const steps: Step[] = [];
  let before: Float64Array = new Float64Array(hidden);
  for (const t of times(direction)) {
    const make = (): Float64Array => new Float64Array(hidden);
    const step: Step = { r: make(), z: make(), n: make(), hn: make(), before, h: make() };
    for (let j = 0; j < hidden; j++) {
      const recurrent = (gate: number): number => {
        const row = gate * hidden + j;
        let sum = b[row]!;
        for (let k = 0; k < hidden; k++) sum += w[row * hidden + k]! * before[k]!;
        return sum;
      };
      const input = (gate: number): number => x[(t * 3 + gate) * hidden + j]!;
      const r = sigmoid(input(0) + recurrent(0));
      const z = sigmoid(input(1) + recurrent(1));
      const hn = recurrent(2);
      const n = Math.tanh(input(2) + r * hn);
      step.r[j] = r;
      step.z[j] = z;
      step.hn[j] = hn;
      step.n[j] = n;
      step.h[j] = (1 - z) * n + z * before[j]!;
    }
    steps[t] = step;
    before = step.h;
  }
  return steps;
}

/** Backward: the gradients dx, dw and db of one direction, from dh(t, j), the gradient of unit j's output at time t. */
function gradients(
  direction: Direction,
  dh: (t: number, j: number) => number,
): [Float64Array, Float64Array, Float64Array] {
  const { x, w, b, hidden } = direction;
  const [dx, dw, db] = [new Float64Array(x.length), new Float64Array(w.length), new Float64Array(b.length)];
  const steps = forwardSteps(direction);
  let carry: Float64Array = new Float64Array(hidden);
  for (const t of times(direction).reverse()) {
    const step = steps[t];
    if (!step) throw new RangeError(`no step ${t}`);
    const next = new Float64Array(hidden);
    for (let j = 0; j < hidden; j++) {
      const [r, z, n, before] = [step.r[j]!, step.z[j]!, step.n[j]!, step.before[j]!];
      const slope = dh(t, j) + carry[j]!;
      const dn = slope * (1 - z) * (1 - n * n);
      const dz = slope * (before - n) * z * (1 - z);
      const dr = dn * step.hn[j]! * r * (1 - r);
      next[j] = next[j]! + slope * z;
      [dr, dz, dn].forEach((value, gate) => (dx[(t * 3 + gate) * hidden + j] = value));
      [dr, dz, dn * r].forEach((value, gate) => {
        const row = gate * hidden + j;
        db[row] = db[row]! + value;
        for (let k = 0; k < hidden; k++) {
          dw[row * hidden + k] = dw[row * hidden + k]! + value * step.before[k]!;
          next[k] = next[k]! + value * w[row * hidden + k]!;
        }
      });
    }
    carry = next;
  }
  return [dx, dw, db];
}

function directions(inputs: readonly RefTensor[]): [Direction, Direction] {
  const [xForward, xReverse, w, b, wReverse, bReverse] = inputs;
  if (!xForward || !xReverse || !w || !b || !wReverse || !bReverse) throw new RangeError("gru takes six inputs");
  const [steps = 0] = xForward.shape;
  const [, hidden = 0] = w.shape;
  return [
    { x: xForward.data, w: w.data, b: b.data, steps, hidden, reverse: false },
    { x: xReverse.data, w: wReverse.data, b: bReverse.data, steps, hidden, reverse: true },
  ];
}

export const gruRef: OpRef<Params> = {
  name: "gru",
  cases: [
    shapeCase(1, 4),
    shapeCase(2, 20),
    shapeCase(3, 64),
    shapeCase(40, 12),
    shapeCase(160, 4),
    shapeCase(3, 8, 30, "saturated"),
    {
      name: "zeros",
      params: {},
      inputs: () =>
        shapeCase(4, 8)
          .inputs()
          .map(({ shape }) => refTensor(shape)),
    },
  ],
  forward(inputs) {
    const both = directions(inputs);
    const { steps, hidden } = both[0];
    const y = refTensor([steps, 2 * hidden]);
    both.forEach((direction, d) =>
      forwardSteps(direction).forEach((step, t) => y.data.set(step.h, (2 * t + d) * hidden)),
    );
    return [y];
  },
  backward(inputs, _, [dy]) {
    if (!dy) throw new RangeError("gru has one output");
    const both = directions(inputs);
    const { hidden } = both[0];
    const [forward, reverse] = both.map((direction, d) =>
      gradients(direction, (t, j) => dy.data[(2 * t + d) * hidden + j]!),
    );
    const [dx, dw, db] = forward ?? [];
    const [dxReverse, dwReverse, dbReverse] = reverse ?? [];
    return [dx, dxReverse, dw, db, dwReverse, dbReverse].map((data, i) =>
      refTensor(inputs[i]?.shape ?? [], data ?? new Float64Array()),
    );
  },
};
