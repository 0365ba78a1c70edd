// addNorm for a compact model: a branch joins some columns of the residual stream, and the next branch reads some of its norm. Forward only.
import wgsl from "../../../shaders/cut_norm.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, elements, matrixOf, type Tensor } from "../tensor.ts";
import { type AddNormResult, affineOf, type NormOptions } from "./addNorm.ts";
import type { KeptColumns } from "./kit/keptColumns.ts";
import { type Launcher, wideRowKernel } from "./kit/variants.ts";

interface CutNormOptions {
  norm: NormOptions;
  /** What joins the stream: y, (..., K), and its columns. */
  branch?: { y: Tensor; columns: KeptColumns } | undefined;
  /** The columns of the norm that are read. Default: all. */
  enter?: KeptColumns | undefined;
}

const made = new Map<string, Launcher>();

/** The kernel for a set of flags, made once. */
function kernel(flags: readonly string[]): Launcher {
  const key = flags.join(" ");
  const known = made.get(key);
  if (known) return known;
  const launcher = wideRowKernel("cutNorm", "forward", [wgsl], Object.fromEntries(flags.map((flag) => [flag, 1])));
  made.set(key, launcher);
  return launcher;
}

/** sum = x plus the branch in its columns, or x without a branch; out = the norm of sum, the columns of `enter`. x: (..., N). No gradient. */
export function cutNorm(ctx: Ctx, x: Tensor, { norm, branch, enter }: CutNormOptions): AddNormResult {
  const { rows, cols } = matrixOf(x);
  const { affine, bias } = affineOf(norm, cols);
  const yCols = branch ? matrixOf(branch.y).cols : 1;
  invariant(!ctx.needsGrad(x, branch?.y ?? x), "bug", "cutNorm: expected no tape, got one");
  if (branch)
    checkShape(branch.y, [...x.shape.slice(0, -1), elements(branch.columns.index)], "branch of a compact model");
  for (const columns of [branch?.columns, enter]) if (columns) checkShape(columns.places, [cols], "places of columns");
  const outCols = enter ? elements(enter.index) : cols;
  const out = ctx.empty([...x.shape.slice(0, -1), outCols], "norm");
  const has = { CENTRED: norm.bias, BRANCH: branch, ENTERS: enter };
  const flags = (["CENTRED", "BRANCH", "ENTERS"] as const).filter((flag) => has[flag] !== undefined);
  const { spec, groups } = kernel(flags)(ctx, rows, cols, 1);
  // what a kernel does not use still has to be bound
  const sum = branch ? ctx.empty(x.shape, "residual stream") : x;
  const places = branch?.columns.places ?? enter?.places ?? x;
  const args = [x, affine, branch?.y ?? x, places, enter?.places ?? places];
  const dims = { rows, cols, y_cols: yCols, out_cols: outCols, eps: norm.eps, bias };
  ctx.run(spec, [...args, branch ? sum : ctx.empty([1], "no sum"), out], dims, groups);
  return { sum, out };
}
