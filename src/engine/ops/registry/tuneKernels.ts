// Compiles the matmul kernels that are to be timed.
import type { Ctx } from "../../ctx.ts";
import { EngineError } from "../../errors.ts";
import type { MatmulShape } from "../../matmul/matmulTable.ts";
import type { MatmulChoice } from "../../matmul/matmulVariants.ts";
import { matmulChoices } from "../kit/matmulChoice.ts";
import type { Operands } from "./tuneOperands.ts";

interface Compiling {
  /** The choices all of whose kernels are compiled so far. */
  ready: ReadonlySet<MatmulChoice>;
  /** Resolves when all others are refused. Rejects with "shader" if the usual choice is refused. */
  done: Promise<void>;
}

/**
 * Compiles, in parallel, the kernels that each choice runs for its shapes. A choice whose kernels this adapter's compiler does not take is left
 * out: the language of experimental features changes.
 */
export function compileChoices(
  ctx: Ctx,
  operands: Operands,
  shapes: readonly MatmulShape[],
  usual: MatmulChoice,
): Compiling {
  const ready = new Set<MatmulChoice>();
  const compile = async (choice: MatmulChoice): Promise<void> => {
    const own = shapes.filter((shape) => matmulChoices(ctx, shape, usual).includes(choice));
    try {
      await ctx.warm(() => {
        ctx.matmul = choice;
        for (const shape of own) ctx.step(operands.of(shape));
      });
      ready.add(choice);
    } catch (error) {
      if (choice === usual || EngineError.from(error).code !== "shader") throw error;
    }
  };
  const choices = new Set(shapes.flatMap((shape) => matmulChoices(ctx, shape, usual)));
  return { ready, done: Promise.all([...choices].map(compile)).then(() => undefined) };
}
