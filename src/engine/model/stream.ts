// The residual stream with what has yet to join it, so that a residual add, the next norm and the gates of both take one dispatch.
import type { Ctx } from "../ctx.ts";
import { addNorm, type NormOptions } from "../ops/addNorm.ts";
import { add, fill } from "../ops/arithmetic.ts";
import { cutNorm } from "../ops/cutNorm.ts";
import { gate, gatedAdd } from "../ops/gate.ts";
import { gather } from "../ops/gather.ts";
import type { KeptColumns } from "../ops/kit/keptColumns.ts";
import { scatterAdd } from "../ops/scatterAdd.ts";
import type { Tensor } from "../tensor.ts";
import type { NormWeights } from "./decoderWeights.ts";
import { S1, S2, S3, S5 } from "../../shared/vectors.ts";
import type { Selection, VectorOf } from "./selection.ts";

type EnterAt = VectorOf<typeof S1 | typeof S3>;
export type LeaveAt = VectorOf<typeof S2 | typeof S5>;

export interface Stream {
  /** (T, d). */
  x: Tensor;
  /** Output y of a branch, (T, d) or cut: s2 or s5 applied to it will be added to x; y itself where `at` is missing. */
  branch?: { y: Tensor; at?: LeaveAt };
}

/** Where a stream is and how vectors apply to it. */
interface At {
  ctx: Ctx;
  selection: Selection;
}

/** The kept columns of a vector, if the model is compact. */
function columnsOf({ cut }: Selection, { block, vector }: EnterAt | LeaveAt): KeptColumns | undefined {
  if (!cut) return undefined;
  const { s1, s2, s3, s5 } = cut(block);
  return { [S1]: s1, [S2]: s2, [S3]: s3, [S5]: s5 }[vector];
}

/** The residual stream after its branch, if it has one: (T, d). */
export function joined({ ctx, selection }: At, { x, branch }: Stream): Tensor {
  if (!branch) return x;
  const { y, at } = branch;
  if (!at) return add(ctx, x, y);
  const columns = columnsOf(selection, at);
  if (columns) return scatterAdd(ctx, x, y, columns);
  const gates = selection.gates(at);
  return gates ? gatedAdd(ctx, x, y, gates) : add(ctx, x, y);
}

/** The input of a branch's first linear layers: s1 or s3 applied to read, (T, d). */
export function entered({ ctx, selection }: At, read: Tensor, at: EnterAt): Tensor {
  const columns = columnsOf(selection, at);
  if (columns) return gather(ctx, read, columns);
  const gates = selection.gates(at);
  return gates ? gate(ctx, read, gates) : read;
}

interface Norm {
  weights: NormWeights;
  eps: number;
}

/** The stream x with its branch joined, and the norm of that; with `enter`, s1 or s3 applied to that. */
export function normed(on: At, stream: Stream, { weights, eps }: Norm, enter?: EnterAt): { x: Tensor; read: Tensor } {
  const { ctx, selection } = on;
  const norm = { ...weights, eps };
  if (selection.cut) return cutNormed(on, stream, norm, enter);
  const branch = stream.branch && {
    y: stream.branch.y,
    leave: stream.branch.at && selection.gates(stream.branch.at),
  };
  const { sum, out } = addNorm(ctx, stream.x, { norm, branch, enter: enter && selection.gates(enter) });
  return { x: sum, read: out };
}

/** The same for a compact model. Where it is trained, by ops with gradients. */
function cutNormed(on: At, stream: Stream, norm: NormOptions, enter?: EnterAt): { x: Tensor; read: Tensor } {
  const { ctx, selection } = on;
  const { branch } = stream;
  if (branch && !branch.at) return cutNormed(on, { x: joined(on, stream) }, norm, enter);
  if (ctx.needsGrad(...[stream.x, ...(branch ? [branch.y] : [])])) {
    const x = joined(on, stream);
    const { out } = addNorm(ctx, x, { norm });
    return { x, read: enter ? entered(on, out, enter) : out };
  }
  const columns = branch?.at && columnsOf(selection, branch.at);
  const { sum, out } = cutNorm(ctx, stream.x, {
    norm,
    branch: branch && columns && { y: branch.y, columns },
    enter: enter && columnsOf(selection, enter),
  });
  return { x: sum, read: out };
}

/** The stream with its branch replaced by the norm of that, over all d columns: s2 or s5 applies to what the norm reads. */
export function branchNormed({ ctx, selection }: At, { x, branch }: Stream, { weights, eps }: Norm): Stream {
  if (!branch?.at) return { x };
  const gates = selection.gates(branch.at);
  const columns = columnsOf(selection, branch.at);
  const left = gates
    ? gate(ctx, branch.y, gates)
    : columns
      ? scatterAdd(ctx, zeros(ctx, x), branch.y, columns)
      : branch.y;
  return { x, branch: { y: addNorm(ctx, left, { norm: { ...weights, eps } }).out } };
}

function zeros(ctx: Ctx, like: Tensor): Tensor {
  const tensor = ctx.empty(like.shape, "zeros");
  fill(ctx, tensor, 0);
  return tensor;
}
