// Next-token cross-entropy, fused with its softmax.
import wgsl from "../../../shaders/cross_entropy.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { rowKernel } from "./variants.ts";

const TOKEN_LOSSES = rowKernel("cross-entropy", wgsl, "token_losses");
const MEAN = rowKernel("cross-entropy mean", wgsl, "mean");
const BACKWARD = rowKernel("cross-entropy backward", wgsl, "backward");

function losses(ctx: Ctx, logits: Tensor, ids: Tensor): { nll: Tensor; lse: Tensor } {
  const { rows, cols } = matrixOf(logits);
  invariant(rows >= 2, "shape", `a next-token loss needs at least 2 tokens, ${rows} came`);
  checkShape(ids, [rows], "token ids of a loss");
  const nll = ctx.empty([rows - 1], "nll");
  const lse = ctx.empty([rows - 1, 2], "log-sum-exp");
  const forward = TOKEN_LOSSES(ctx, rows - 1, cols);
  ctx.run(forward.spec, [logits, ids, nll, lse], { rows, cols: forward.cols }, forward.groups);
  return { nll, lse };
}

/** -ln p(ids[t + 1]) from row t of logits (T, V), for the T - 1 rows that predict a token; in nats, not differentiable. ids: u32 (T), below V. */
export function tokenLosses(ctx: Ctx, logits: Tensor, ids: Tensor): Tensor {
  return losses(ctx, logits, ids).nll;
}

/** Mean of tokenLosses, shape (1). Its gradient is read on the GPU. */
export function crossEntropy(ctx: Ctx, logits: Tensor, ids: Tensor): Tensor {
  const { rows, cols } = matrixOf(logits);
  const { nll, lse } = losses(ctx, logits, ids);
  const loss = ctx.empty([1], "loss", { requiresGrad: ctx.needsGrad(logits) });
  const mean = MEAN(ctx, 1, 1);
  ctx.run(mean.spec, [nll, loss], { rows, cols: mean.cols }, [1]);
  return ctx.record(loss, [logits], (dloss) => {
    const dlogits = ctx.gradTarget(logits);
    const backward = BACKWARD(ctx, rows, cols);
    ctx.run(backward.spec, [logits, ids, lse, dloss, dlogits], { rows, cols: backward.cols }, backward.groups);
    return [dlogits];
  });
}
