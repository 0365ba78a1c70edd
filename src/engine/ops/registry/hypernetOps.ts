// The ops of the hypernetwork and of its training, with their references, in the order in which a training step runs them.
import type { Ctx } from "../../ctx.ts";
import { layoutOf } from "../../masks/gates.ts";
import { type Tensor, view } from "../../tensor.ts";
import { adamW } from "../adamW.ts";
import { adamWRef } from "../adamW.ref.ts";
import { binarize } from "../binarize.ts";
import { binarizeRef, gumbelSoftRef } from "../binarize.ref.ts";
import { budget } from "../budget.ts";
import { budgetRef, countsRef } from "../budget.ref.ts";
import { gelu } from "../gelu.ts";
import { geluRef } from "../gelu.ref.ts";
import { gru, type GruDirection } from "../gru.ts";
import { gruRef } from "../gru.ref.ts";
import { heads } from "../heads.ts";
import { headsRef } from "../heads.ref.ts";
import { gateTables, type GateTables } from "../kit/gateTables.ts";
import { packStepState, type StepValues } from "../kit/stepState.ts";
import { layerNorm } from "../layerNorm.ts";
import { layerNormGeluRef, layerNormRef } from "../layerNorm.ref.ts";
import { linearTrained } from "../linearTrained.ts";
import { linearTrainedRef } from "../linearTrained.ref.ts";
import { recordMetrics } from "../metrics.ts";
import { metricsRef } from "../metrics.ref.ts";
import { noise } from "../noise.ts";
import { noiseRef } from "../noise.ref.ts";
import { spreadGates, spreadTables } from "../spreadGates.ts";
import { spreadGatesRef } from "../spreadGates.ref.ts";
import { type CheckedOp, checkedOp, take } from "./parity.ts";

const tablesOf = (ctx: Ctx, sizes: readonly number[]): GateTables => gateTables(ctx, layoutOf(sizes), "step");

function stateOf(ctx: Ctx, values: Partial<StepValues>): Tensor {
  const data = packStepState({ seed: 0, step: 0, ratio: 1, ...values });
  return ctx.upload(data, [data.length], "step state");
}

const directionOf = (t: readonly Tensor[], [x, weight, bias]: readonly [number, number, number]): GruDirection => ({
  x: take(t, x),
  weight: take(t, weight),
  bias: take(t, bias),
});

export const hypernetOps: readonly CheckedOp[] = [
  checkedOp(linearTrainedRef, (ctx, t) => [linearTrained(ctx, take(t, 0), take(t, 1), t[2])]),
  checkedOp(gruRef, (ctx, t) => [gru(ctx, directionOf(t, [0, 2, 3]), directionOf(t, [1, 4, 5]))]),
  ...[layerNormRef, layerNormGeluRef].map((ref) =>
    checkedOp(ref, (ctx, t, { eps }) => {
      const activated = ref === layerNormGeluRef;
      return [layerNorm(ctx, take(t, 0), { weight: take(t, 1), bias: take(t, 2), eps, activated })];
    }),
  ),
  checkedOp(geluRef, (ctx, t) => [gelu(ctx, take(t, 0))]),
  checkedOp(headsRef, (ctx, t, { sizes }) => [heads(ctx, take(t, 0), take(t, 1), { tables: tablesOf(ctx, sizes) })]),
  checkedOp(spreadGatesRef, (ctx, t, { sources, fixed }) => {
    const own = take(t, 0);
    return [spreadGates(ctx, own, spreadTables(ctx, Uint32Array.from(sources), own.shape[0] ?? 0, "step"), fixed)];
  }),
  checkedOp(noiseRef, (ctx, _, { sizes, draw, ...values }) => [
    noise(ctx, tablesOf(ctx, sizes), stateOf(ctx, values), draw),
  ]),
  ...[binarizeRef, gumbelSoftRef].map((ref) =>
    checkedOp(ref, (ctx, t, { sizes, estimator }) => [
      binarize(ctx, take(t, 0), { noise: take(t, 1), tables: tablesOf(ctx, sizes), estimator }),
    ]),
  ),
  checkedOp(budgetRef, (ctx, t, { sizes, costs, ratio }) => {
    const options = { tables: tablesOf(ctx, sizes), costs, stepState: stateOf(ctx, { ratio }) };
    return [budget(ctx, take(t, 0), options).penalty];
  }),
  checkedOp(countsRef, (ctx, t, { sizes, costs, ratio }) => {
    const options = { tables: tablesOf(ctx, sizes), costs, stepState: stateOf(ctx, { ratio }) };
    const { kept, counts } = budget(ctx, take(t, 0), options);
    return [kept, counts];
  }),
  checkedOp(metricsRef, (ctx, t, values) => {
    const ring = take(t, 3);
    const numbers = { loss: take(t, 0), penalty: take(t, 1), kept: take(t, 2) };
    recordMetrics(ctx, { ...numbers, stepState: stateOf(ctx, values), ring });
    return [ring];
  }),
  checkedOp(adamWRef, (ctx, t, { first, steps, rate, ...options }) => {
    const [theta, m, v, grads] = [take(t, 0), take(t, 1), take(t, 2), take(t, 3)];
    for (let step = 0; step < steps; step++) {
      const grad = view(grads, step * (theta.shape[0] ?? 0), theta.shape);
      adamW(ctx, { theta, grad, m, v, stepState: stateOf(ctx, { step: first + step, rate }) }, options);
    }
    return [theta, m, v];
  }),
];
