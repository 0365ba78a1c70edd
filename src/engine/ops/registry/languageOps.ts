// The language model's ops with their references, for the registry.
import { addPositions } from "../addPositions.ts";
import { addPositionsRef } from "../addPositions.ref.ts";
import { appendKv } from "../appendKv.ts";
import { appendKvRef } from "../appendKv.ref.ts";
import { attention } from "../attention.ts";
import { attentionCachedRef, attentionRef } from "../attention.ref.ts";
import { crossEntropy } from "../crossEntropy.ts";
import { crossEntropyRef } from "../crossEntropy.ref.ts";
import { embedding } from "../embedding.ts";
import { embeddingRef } from "../embedding.ref.ts";
import { gate, gatedAdd } from "../gate.ts";
import { gatedAddRef, gateRef } from "../gate.ref.ts";
import { gather } from "../gather.ts";
import { gatherRef, scatterAddRef } from "../gather.ref.ts";
import { headNorm } from "../headNorm.ts";
import { headNormRef } from "../headNorm.ref.ts";
import { type CheckedOp, checkedOp, take } from "./parity.ts";
import { rmsnorm } from "../rmsnorm.ts";
import { rmsnormRef } from "../rmsnorm.ref.ts";
import { rope } from "../rope.ts";
import { ropeRef } from "../rope.ref.ts";
import { splitRows } from "../kit/rowParts.ts";
import { scatterAdd } from "../scatterAdd.ts";
import { activate, swiglu } from "../activation.ts";
import { activateRef, swigluRef } from "../activation.ref.ts";

export const languageOps: readonly CheckedOp[] = [
  checkedOp(embeddingRef, (ctx, t, { scale, partRows }) => [
    embedding(ctx, take(t, 0), splitRows(take(t, 1), partRows), scale),
  ]),
  checkedOp(addPositionsRef, (ctx, t) => [addPositions(ctx, take(t, 0), take(t, 1), take(t, 2))]),
  checkedOp(rmsnormRef, (ctx, t, { eps }) => [rmsnorm(ctx, take(t, 0), take(t, 1), eps)]),
  checkedOp(headNormRef, (ctx, t, params) => [headNorm(ctx, take(t, 0), take(t, 1), params.eps, params)]),
  checkedOp(ropeRef, (ctx, t, shape) => [rope(ctx, take(t, 0), take(t, 1), take(t, 2), shape)]),
  checkedOp(appendKvRef, (ctx, t, shape) => {
    appendKv(ctx, take(t, 0), take(t, 2), take(t, 1), shape);
    return [take(t, 2)];
  }),
  checkedOp(attentionRef, (ctx, t, params) => [attention(ctx, take(t, 0), take(t, 0), take(t, 1), params, params)]),
  checkedOp(attentionCachedRef, (ctx, t, params) => [
    attention(ctx, take(t, 0), take(t, 1), take(t, 2), params, params),
  ]),
  checkedOp(activateRef, (ctx, t, act) => [activate(ctx, take(t, 0), act)]),
  checkedOp(swigluRef, (ctx, t, act) => [swiglu(ctx, take(t, 0), act)]),
  checkedOp(gateRef, (ctx, t) => [gate(ctx, take(t, 0), take(t, 1))]),
  checkedOp(gatedAddRef, (ctx, t) => [gatedAdd(ctx, take(t, 0), take(t, 1), take(t, 2))]),
  checkedOp(gatherRef, (ctx, t) => [gather(ctx, take(t, 0), take(t, 1))]),
  checkedOp(scatterAddRef, (ctx, t) => [scatterAdd(ctx, take(t, 0), take(t, 1), take(t, 2))]),
  checkedOp(crossEntropyRef, (ctx, t, { partRows, logitsBytes }) => [
    crossEntropy(
      ctx,
      take(t, 0),
      { weight: splitRows(take(t, 1), partRows), ...(t[3] ? { bias: t[3] } : {}) },
      take(t, 2),
      logitsBytes,
    ),
  ]),
];
