// The residual stream with what has yet to join it, so that a residual add, the next norm and the gates of both take one dispatch.
import type { Ctx } from "../ctx.ts";
import { addNorm } from "../ops/addNorm.ts";
import { add } from "../ops/arithmetic.ts";
import { gate, gatedAdd } from "../ops/gate.ts";
import { gather } from "../ops/gather.ts";
import { scatterAdd } from "../ops/scatterAdd.ts";
import type { Tensor } from "../tensor.ts";
import type { NormWeights } from "./decoderWeights.ts";
import { S1, S2, type S3, type S5 } from "../../shared/vectors.ts";
import type { Selection, VectorOf } from "./selection.ts";

type EnterAt = VectorOf<typeof S1 | typeof S3>;
export type LeaveAt = VectorOf<typeof S2 | typeof S5>;

export interface Stream {
  /** (T, d). */
  x: Tensor;
  /** Output y of a branch, (T, d) or cut: s2 or s5 applied to it will be added to x. */
  branch?: { y: Tensor; at: LeaveAt };
}

/** Where a stream is and how vectors apply to it. */
interface At {
  ctx: Ctx;
  selection: Selection;
}

/** The residual stream after its branch, if it has one: (T, d). */
export function joined({ ctx, selection }: At, { x, branch }: Stream): Tensor {
  if (!branch) return x;
  const { y, at } = branch;
  if (selection.cut) {
    const { s2, s5 } = selection.cut(at.block);
    return scatterAdd(ctx, x, y, at.vector === S2 ? s2 : s5);
  }
  const gates = selection.gates(at);
  return gates ? gatedAdd(ctx, x, y, gates) : add(ctx, x, y);
}

/** The input of a branch's first linear layers: s1 or s3 applied to read, (T, d). */
export function entered({ ctx, selection }: At, read: Tensor, at: EnterAt): Tensor {
  if (selection.cut) {
    const { s1, s3 } = selection.cut(at.block);
    return gather(ctx, read, at.vector === S1 ? s1 : s3);
  }
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
  if (selection.cut) {
    const x = joined(on, stream);
    const { out } = addNorm(ctx, x, { norm });
    return { x, read: enter ? entered(on, out, enter) : out };
  }
  const branch = stream.branch && { y: stream.branch.y, leave: selection.gates(stream.branch.at) };
  const { sum, out } = addNorm(ctx, stream.x, { norm, branch, enter: enter && selection.gates(enter) });
  return { x: sum, read: out };
}
