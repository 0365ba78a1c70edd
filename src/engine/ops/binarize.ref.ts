// References of binarisation: three estimators, whose backward is not a derivative by design, and the soft Gumbel-sigmoid, whose backward is.
import { layoutOf, LOGIT_OFFSET } from "../masks/gates.ts";
import { type GateEstimator, GUMBEL_TEMPERATURE } from "./binarize.ts";
import { at, type OpCase, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

type Params = { sizes: readonly number[]; estimator: GateEstimator };

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** sigmoid((x + G + 3) / 0.4), with the small constants that the released code adds inside its logarithms. */
const soft = (x: number, u: number): number =>
  sigmoid((x - Math.log(-Math.log(u + 1e-20) + 1e-20) + LOGIT_OFFSET) / GUMBEL_TEMPERATURE);

/** A gate from its gate logit and noise. */
export function gateOf(x: number, u: number, estimator: GateEstimator): number {
  if (estimator === "gumbel-soft") return soft(x, u);
  if (estimator === "gumbel-hard") return soft(x, u) > 0.5 ? 1 : 0;
  return u < sigmoid(x + LOGIT_OFFSET) ? 1 : 0;
}

/** The gradient of a gate logit divided by that of its gate. */
export function slopeOf(x: number, u: number, estimator: GateEstimator): number {
  if (estimator === "gumbel-soft" || estimator === "gumbel-hard") {
    const s = soft(x, u);
    return (s * (1 - s)) / GUMBEL_TEMPERATURE;
  }
  const pi = sigmoid(x + LOGIT_OFFSET);
  if (estimator === "straight-through") return pi * (1 - pi);
  return gateOf(x, u, estimator) === 1 ? (1 - pi) / 2 : pi / 2;
}

const noiseRef = (shape: readonly number[]): RefTensor =>
  refTensor(
    shape,
    randomRef(2, shape).data.map((value) => Math.fround((value + 1) / 2)),
  );

const casesOf = (estimator: GateEstimator): OpCase<Params>[] => {
  const named = (name: string, sizes: readonly number[], scale: number) => {
    const shape = [layoutOf(sizes).length];
    return { name, params: { sizes, estimator }, inputs: () => [randomRef(1, shape, scale), noiseRef(shape)] };
  };
  const edges = (): RefTensor[] => {
    const x = [-40, -3, -2, 0, 40];
    const u = [1e-6, 0.25, 0.75, 1 - 1e-6];
    const [xs, us] = [refTensor([64]), refTensor([64])];
    x.forEach((logit, i) =>
      u.forEach((noise, j) => {
        xs.data[u.length * i + j] = logit;
        us.data[u.length * i + j] = Math.fround(noise);
      }),
    );
    return [xs, us];
  };
  return [
    named(`${estimator} N1`, [1], 4),
    named(`${estimator} N63 64 65`, [63, 64, 65], 4),
    named(`${estimator} N300 5`, [300, 5], 10),
    { name: `${estimator} x to +-40, u to 1e-6 of its ends`, params: { sizes: [20], estimator }, inputs: edges },
  ];
};

/** Applies `of` to every real gate; padding stays 0. */
function mapGates(
  [x, u]: readonly RefTensor[],
  sizes: readonly number[],
  of: (i: number, x: number, u: number) => number,
) {
  if (!x || !u) throw new RangeError("binarize takes logits and noise");
  const out = zerosLike(x);
  const { offsets } = layoutOf(sizes);
  sizes.forEach((size, vector) => {
    const first = offsets[vector] ?? 0;
    for (let i = first; i < first + size; i++) out.data[i] = of(i, at(x.data, i), at(u.data, i));
  });
  return out;
}

const refOf = (name: string, estimators: readonly GateEstimator[], estimator: boolean): OpRef<Params> => ({
  name,
  estimator,
  cases: estimators.flatMap(casesOf),
  forward: (inputs, params) => [mapGates(inputs, params.sizes, (_, x, u) => gateOf(x, u, params.estimator))],
  backward(inputs, params, [dGates]) {
    if (!dGates) throw new RangeError("binarize has one output");
    const dx = mapGates(inputs, params.sizes, (i, x, u) => at(dGates.data, i) * slopeOf(x, u, params.estimator));
    return [dx, null];
  },
});

export const binarizeRef = refOf("binarize", ["reinmax", "straight-through", "gumbel-hard"], true);
export const gumbelSoftRef = refOf("binarize: gumbel-soft", ["gumbel-soft"], false);
