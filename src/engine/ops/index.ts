// Registry: every op with its reference. Unit tests, GPU tests and the self-check panel all walk this one list.
import { add } from "./arithmetic.ts";
import { addRef } from "./arithmetic.ref.ts";
import { hypernetOps } from "./hypernetOps.ts";
import { languageOps } from "./languageOps.ts";
import { linear } from "./linear.ts";
import { linearRef } from "./linear.ref.ts";
import { type CheckedOp, checkedOp } from "./parity.ts";
import type { Tensor } from "../tensor.ts";
import { invariant } from "../errors.ts";

/** The inputs of a case, of which the registry knows how many there are. */
function take(inputs: Tensor[], i: number): Tensor {
  const tensor = inputs[i];
  invariant(tensor, "bug", `a case gave no input ${i}`);
  return tensor;
}

export const linearOp = checkedOp(linearRef, (ctx, t) => [linear(ctx, take(t, 0), take(t, 1), t[2])]);

export const ops: readonly CheckedOp[] = [
  checkedOp(addRef, (ctx, t) => [add(ctx, take(t, 0), take(t, 1))]),
  linearOp,
  ...languageOps,
  ...hypernetOps,
];
