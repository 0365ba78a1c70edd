// Whether a checkpoint resumes with the matmul kernels of the session that wrote it.
import type { Ctx } from "../ctx.ts";
import { matmulRefusal } from "../ops/kit/matmulChoice.ts";
import type { Checkpoint } from "./checkpoint.ts";

/**
 * Why a resumed run will not equal an unbroken one bit for bit, in full sentences; undefined if it will, or where the checkpoint is of an
 * older version and does not say.
 */
export function resumeNote(ctx: Ctx, { matmul }: Pick<Checkpoint, "matmul">): string | undefined {
  if (!matmul) return undefined;
  const { name } = ctx.gpu.facts;
  const why =
    matmul.adapter === name
      ? matmulRefusal(ctx, matmul.table)
      : `It was trained on another adapter so far (${matmul.adapter}; this is ${name}).`;
  return why && `${why} The run continues with this adapter's own matmul kernels, whose results differ by rounding.`;
}
