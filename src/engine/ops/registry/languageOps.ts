// The ops of the language model, with their references, in the order in which a forward runs them.
import { elements, type Tensor, view } from "../../tensor.ts";
import { activate, type ActivationGates, glu } from "../activation.ts";
import { activateRef, gluRef } from "../activation.ref.ts";
import { addNorm, type AddNormOptions } from "../addNorm.ts";
import { addNormLastRef, type AddNormParams, addNormRef, normAloneRef } from "../addNorm.ref.ts";
import { addPositions } from "../addPositions.ts";
import { addPositionsRef } from "../addPositions.ref.ts";
import { appendKv } from "../appendKv.ts";
import { appendKvRef } from "../appendKv.ref.ts";
import { attention } from "../attention.ts";
import { attentionCachedRef, attentionRef, attentionRotatedRef } from "../attention.ref.ts";
import { cachedAttention } from "../cachedAttention.ts";
import { cachedAttentionRef } from "../cachedAttention.ref.ts";
import { crossEntropy, crossEntropyByToken, type CrossEntropyOptions, crossEntropyTerms } from "../crossEntropy.ts";
import {
  crossEntropyByTokenRef,
  type CrossEntropyParams,
  crossEntropyRef,
  crossEntropyTermsRef,
} from "../crossEntropy.ref.ts";
import { cutNorm } from "../cutNorm.ts";
import { cutNormRef } from "../cutNorm.ref.ts";
import { embedding } from "../embedding.ts";
import { embeddingRef } from "../embedding.ref.ts";
import { gate, gatedAdd } from "../gate.ts";
import { gatedAddRef, gateRef } from "../gate.ref.ts";
import { gather } from "../gather.ts";
import { gatherRef } from "../gather.ref.ts";
import { headNorm } from "../headNorm.ts";
import { headNormRef } from "../headNorm.ref.ts";
import { linearAdapted } from "../linearParts.ts";
import { linearAdaptedRef, linearMaskedAdapterRef } from "../linearParts.ref.ts";
import type { KeptColumns } from "../kit/keptColumns.ts";
import { splitRows } from "../kit/rowParts.ts";
import { compareTokens, klLoss, type KlLossOptions } from "../klLoss.ts";
import { compareTokensRef, klLossRef, type KlLossParams } from "../klLoss.ref.ts";
import { relativeError } from "../relativeError.ts";
import { relativeErrorRef } from "../relativeError.ref.ts";
import { rope } from "../rope.ts";
import { ropeRef } from "../rope.ref.ts";
import { scatterAdd } from "../scatterAdd.ts";
import { scatterAddRef } from "../scatterAdd.ref.ts";
import { type CheckedOp, checkedOp, take } from "./parity.ts";

/** x, weight, ids and perhaps a bias, as the references of cross-entropy take them. */
function lossOptions(t: readonly Tensor[], { partRows, logitsBytes, cap }: CrossEntropyParams): CrossEntropyOptions {
  const more = { ...(t[3] ? { bias: t[3] } : {}), ...(cap === undefined ? {} : { cap }) };
  const head = { weight: splitRows(take(t, 1), partRows), ...more };
  return { head, ids: take(t, 2), logitsBytes };
}

/** Perhaps a branch, then weight and bias in one tensor, then the gates of both places in one tensor, as the references of addNorm take them. */
function normOptions(t: readonly Tensor[], params: AddNormParams): AddNormOptions {
  const { cols, eps, centred, leaves, enters } = params;
  const [affine, gates] = [take(t, t.length - 2), take(t, t.length - 1)];
  const second = elements(gates) / 2;
  const norm = { weight: view(affine, 0, [cols]), eps, ...(centred ? { bias: view(affine, second, [cols]) } : {}) };
  const branch = { y: take(t, 1), ...(leaves ? { leave: view(gates, 0, [cols]) } : {}) };
  const enter = enters ? { enter: view(gates, second, [cols]) } : {};
  return { norm, ...(t.length === 4 ? { branch } : {}), ...enter };
}

/** Kept columns from inputs i, the index, and i + 1, the places. */
const columnsAt = (t: readonly Tensor[], i: number): KeptColumns => ({ index: take(t, i), places: take(t, i + 1) });

const gatesOf = (mask: Tensor | undefined, times: number): ActivationGates | undefined =>
  mask && { mask, twice: times === 2 };

function klOptions(t: readonly Tensor[], { partRows, logitsBytes, cap }: KlLossParams): KlLossOptions {
  const headOf = (i: number): KlLossOptions["head"] => ({
    weight: splitRows(take(t, i), partRows),
    ...(t[4] ? { bias: t[4] } : {}),
    ...(cap === undefined ? {} : { cap }),
  });
  return { head: headOf(1), teacher: { x: take(t, 2), head: headOf(3) }, logitsBytes };
}

export const languageOps: readonly CheckedOp[] = [
  checkedOp(embeddingRef, (ctx, t, { scale, partRows }) => [
    embedding(ctx, take(t, 0), splitRows(take(t, 1), partRows), scale),
  ]),
  checkedOp(addPositionsRef, (ctx, t) => [addPositions(ctx, take(t, 0), take(t, 1), take(t, 2))]),
  checkedOp(addNormRef, (ctx, t, params) => {
    const { sum, out } = addNorm(ctx, take(t, 0), normOptions(t, params));
    return [out, sum];
  }),
  checkedOp(addNormLastRef, (ctx, t, params) => [addNorm(ctx, take(t, 0), normOptions(t, params)).out]),
  checkedOp(normAloneRef, (ctx, t, params) => [addNorm(ctx, take(t, 0), normOptions(t, params)).out]),
  checkedOp(cutNormRef, (ctx, t, { eps, cols, centred, leaves, enters }) => {
    const affine = take(t, 1);
    const norm = {
      ...{ weight: view(affine, 0, [cols]), eps },
      ...(centred ? { bias: view(affine, elements(affine) / 2, [cols]) } : {}),
    };
    const branch = leaves ? { y: take(t, 2), columns: columnsAt(t, 3) } : undefined;
    const enter = enters ? columnsAt(t, t.length - 2) : undefined;
    const { sum, out } = cutNorm(ctx, take(t, 0), { norm, branch, enter });
    return leaves ? [out, sum] : [out];
  }),
  ...[linearAdaptedRef, linearMaskedAdapterRef].map((ref) =>
    checkedOp(ref, (ctx, t, { partRows, masked }) => {
      const weight = splitRows(take(t, 1), partRows);
      const [a, b, more] = [take(t, 2), take(t, 3), t[4]];
      const adapter = { a, b, ...(masked && more ? { bits: more } : {}) };
      return [linearAdapted(ctx, take(t, 0), { weight, adapter, bias: masked ? undefined : more })];
    }),
  ),
  checkedOp(headNormRef, (ctx, t, { eps, ...shape }) => [
    headNorm(ctx, take(t, 0), { weights: take(t, 1), eps, shape }),
  ]),
  checkedOp(ropeRef, (ctx, t, shape) => [rope(ctx, take(t, 0), { table: take(t, 1), start: take(t, 2), shape })]),
  checkedOp(appendKvRef, (ctx, t, shape) => {
    appendKv(ctx, take(t, 0), { cache: take(t, 2), start: take(t, 1), shape });
    return [take(t, 2)];
  }),
  checkedOp(attentionRef, (ctx, t, params) => [
    attention(ctx, take(t, 0), { ...params, start: take(t, 1), shape: params }),
  ]),
  checkedOp(attentionRotatedRef, (ctx, t, params) => [
    attention(ctx, take(t, 0), { ...params, table: take(t, 1), start: take(t, 2), shape: params }),
  ]),
  checkedOp(attentionCachedRef, (ctx, t, params) => [
    attention(ctx, take(t, 0), { ...params, cache: take(t, 1), start: take(t, 2), shape: params }),
  ]),
  checkedOp(cachedAttentionRef, (ctx, t, params) => {
    const [cache, start, table] = [take(t, 1), take(t, 2), t[3]];
    return [cachedAttention(ctx, take(t, 0), { ...params, cache, start, table, shape: params }), cache];
  }),
  checkedOp(activateRef, (ctx, t, { act, times }) => [activate(ctx, take(t, 0), act, gatesOf(t[1], times))]),
  checkedOp(gluRef, (ctx, t, { act, times }) => [glu(ctx, take(t, 0), act, gatesOf(t[1], times))]),
  checkedOp(gateRef, (ctx, t) => [gate(ctx, take(t, 0), take(t, 1))]),
  checkedOp(gatedAddRef, (ctx, t) => [gatedAdd(ctx, take(t, 0), take(t, 1), take(t, 2))]),
  checkedOp(gatherRef, (ctx, t) => [gather(ctx, take(t, 0), columnsAt(t, 1))]),
  checkedOp(scatterAddRef, (ctx, t) => [scatterAdd(ctx, take(t, 0), take(t, 1), columnsAt(t, 2))]),
  checkedOp(crossEntropyRef, (ctx, t, params) => [crossEntropy(ctx, take(t, 0), lossOptions(t, params))]),
  checkedOp(klLossRef, (ctx, t, params) => [klLoss(ctx, take(t, 0), klOptions(t, params))]),
  checkedOp(compareTokensRef, (ctx, t, params) => {
    const { kl, studentTop, teacherTop } = compareTokens(ctx, take(t, 0), klOptions(t, params));
    return [kl, studentTop, teacherTop];
  }),
  checkedOp(relativeErrorRef, (ctx, t, { weight }) => [relativeError(ctx, take(t, 0), take(t, 1), weight)]),
  checkedOp(crossEntropyByTokenRef, (ctx, t, params) => [crossEntropyByToken(ctx, take(t, 0), lossOptions(t, params))]),
  checkedOp(crossEntropyTermsRef, (ctx, t, params) => [crossEntropyTerms(ctx, take(t, 0), lossOptions(t, params))]),
];
