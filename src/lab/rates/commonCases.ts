// On what the ops are timed that model, hypernetwork and tape have in common.
import { addSlicesRef } from "../../engine/ops/addSlices.ref.ts";
import { argmaxRef } from "../../engine/ops/argmax.ref.ts";
import {
  addIntoRef,
  addRef,
  capInPlaceRef,
  copyIntoRef,
  fillRef,
  scaleInPlaceRef,
  sumPartsRef,
} from "../../engine/ops/arithmetic.ref.ts";
import { linearRef } from "../../engine/ops/linear.ref.ts";
import { linearPartsRef, linearPartsTrainedRef } from "../../engine/ops/linearParts.ref.ts";
import { linearWeightGradientRef } from "../../engine/ops/linearWeightGradient.ref.ts";
import { meanRef } from "../../engine/ops/mean.ref.ts";
import { matmulFlop } from "../matmulWork.ts";
import { f32Bytes, type Timed, timedCase, type TimedSizes, values } from "./timedCase.ts";

/** Tensors that are summed at a time. */
const SLICES = 8;

const layer = ({ rows, d, f }: TimedSizes) => ({
  inputs: [values(rows, d), values(f, d)],
  flop: matmulFlop(rows, f, d),
});

export const commonCases: readonly Timed[] = [
  ...[addRef, addIntoRef].map((ref) =>
    timedCase(ref, ({ rows, f }) => ({ inputs: [values(rows, f), values(rows, f)], params: null })),
  ),
  timedCase(copyIntoRef, ({ rows, f }) => ({
    ...{ inputs: [values(rows, f), values(rows, f)], params: null },
    bytes: 2 * f32Bytes([rows, f]),
  })),
  // by -1, so that no run makes the values smaller
  timedCase(scaleInPlaceRef, ({ rows, f }) => ({
    inputs: [values(rows, f), { shape: [1], values: () => Float32Array.of(-1) }],
    params: null,
  })),
  timedCase(fillRef, ({ rows, f }) => ({
    ...{ inputs: [values(rows, f)], params: { value: 0.25 } },
    bytes: f32Bytes([rows, f]),
  })),
  timedCase(capInPlaceRef, ({ rows, f }) => ({ inputs: [values(rows, f)], params: { cap: 30 } })),
  timedCase(sumPartsRef, ({ rows, d }) => ({ inputs: [values(SLICES, rows * d)], params: { length: rows * d } })),
  timedCase(meanRef, ({ rows, f }) => ({ inputs: [values(rows * f)], params: null })),
  timedCase(argmaxRef, ({ vocab }) => ({ inputs: [values(vocab)], params: { slot: 0, length: 1 } })),
  timedCase(linearRef, (sizes) => ({ ...layer(sizes), params: null })),
  timedCase(linearWeightGradientRef, ({ rows, d, f }) => ({
    inputs: [values(rows, d), values(rows, f), values(f, d)],
    params: { accumulate: false },
    flop: matmulFlop(rows, f, d),
  })),
  timedCase(addSlicesRef, ({ rows, d }) => ({
    ...{ inputs: [values(SLICES, rows, d), values(rows, d)], params: { extra: "accumulate" } },
  })),
  ...[linearPartsRef, linearPartsTrainedRef].map((ref) =>
    timedCase(ref, (sizes) => ({ ...layer(sizes), params: { partRows: sizes.f / 2 } })),
  ),
];
