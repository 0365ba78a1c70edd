// Ops that the language model, the hypernetwork and the tape have in common, with their references.
import { add, addInto, capInPlace, copyInto, fill, scaleInPlace, sumParts } from "../arithmetic.ts";
import {
  addIntoRef,
  addRef,
  capInPlaceRef,
  copyIntoRef,
  fillRef,
  scaleInPlaceRef,
  sumPartsRef,
} from "../arithmetic.ref.ts";
import type { MatmulChoice } from "../../matmul/matmulVariants.ts";
import { argmaxInto } from "../argmax.ts";
import { argmaxRef } from "../argmax.ref.ts";
import { splitRows } from "../kit/rowParts.ts";
import { addSlices } from "../addSlices.ts";
import { addSlicesRef } from "../addSlices.ref.ts";
import { linear } from "../linear.ts";
import { linearRef } from "../linear.ref.ts";
import { linearParts } from "../linearParts.ts";
import { linearPartsRef, linearPartsTrainedRef } from "../linearParts.ref.ts";
import { linearWeightGradient, WEIGHT_GRADIENT_VARIANTS, type WeightGradientVariant } from "../linearWeightGradient.ts";
import { linearWeightGradientRef } from "../linearWeightGradient.ref.ts";
import { meanInto } from "../mean.ts";
import { meanRef } from "../mean.ref.ts";
import { type CheckedOp, checkedOp, take } from "./parity.ts";

export const linearOp = checkedOp(linearRef, (ctx, t) => [linear(ctx, take(t, 0), take(t, 1), t[2])]);

/** With one variant, or the adapter's. */
export const weightGradientOp = (variant?: WeightGradientVariant): CheckedOp =>
  checkedOp(linearWeightGradientRef, (ctx, t, { accumulate }) => {
    linearWeightGradient(ctx, [take(t, 0), take(t, 1)], take(t, 2), { accumulate, ...(variant ? { variant } : {}) });
    return [take(t, 2)];
  });

/** The ops that a matmul variant computes. */
export const matmulOps = (variant: MatmulChoice): CheckedOp[] => {
  const gradient = WEIGHT_GRADIENT_VARIANTS.find((one) => one === variant);
  return [linearOp, ...(gradient ? [weightGradientOp(gradient)] : [])];
};

export const commonOps: readonly CheckedOp[] = [
  checkedOp(addRef, (ctx, t) => [add(ctx, take(t, 0), take(t, 1))]),
  checkedOp(addIntoRef, (ctx, t) => {
    addInto(ctx, take(t, 0), take(t, 1));
    return [take(t, 0)];
  }),
  checkedOp(copyIntoRef, (ctx, t) => {
    copyInto(ctx, take(t, 0), take(t, 1));
    return [take(t, 0)];
  }),
  checkedOp(scaleInPlaceRef, (ctx, t) => {
    scaleInPlace(ctx, take(t, 0), take(t, 1));
    return [take(t, 0)];
  }),
  checkedOp(fillRef, (ctx, t, { value }) => {
    fill(ctx, take(t, 0), value);
    return [take(t, 0)];
  }),
  checkedOp(capInPlaceRef, (ctx, t, { cap }) => {
    capInPlace(ctx, take(t, 0), cap);
    return [take(t, 0)];
  }),
  checkedOp(sumPartsRef, (ctx, t, { length }) => [sumParts(ctx, take(t, 0), t[1], [length])]),
  checkedOp(meanRef, (ctx, t) => {
    const out = ctx.empty([1], "mean");
    meanInto(ctx, take(t, 0), out);
    return [out];
  }),
  checkedOp(argmaxRef, (ctx, t, { slot, length }) => {
    const history = ctx.empty([length], "history");
    fill(ctx, history, 0);
    argmaxInto(ctx, take(t, 0), { index: ctx.empty([1], "index", { dtype: "u32" }), history, slot });
    return [history];
  }),
  linearOp,
  weightGradientOp(),
  checkedOp(addSlicesRef, (ctx, t, { extra }) => {
    const bias = t[2];
    addSlices(ctx, take(t, 0), take(t, 1), bias ? { bias } : extra === "accumulate" ? extra : undefined);
    return [take(t, 1)];
  }),
  ...[linearPartsRef, linearPartsTrainedRef].map((ref) =>
    checkedOp(ref, (ctx, t, { partRows }) => [linearParts(ctx, take(t, 0), splitRows(take(t, 1), partRows), t[2])]),
  ),
];
