// Registry: every op with its reference. Unit tests, GPU tests and the self-check panel all walk this one list.
import { add } from "./arithmetic.ts";
import { addRef } from "./arithmetic.ref.ts";
import { hypernetOps } from "./hypernetOps.ts";
import { languageOps } from "./languageOps.ts";
import { linear } from "./linear.ts";
import { linearRef } from "./linear.ref.ts";
import { type CheckedOp, checkedOp, take } from "./parity.ts";
import { weightOps } from "./weightOps.ts";

export const linearOp = checkedOp(linearRef, (ctx, t) => [linear(ctx, take(t, 0), take(t, 1), t[2])]);

export const ops: readonly CheckedOp[] = [
  checkedOp(addRef, (ctx, t) => [add(ctx, take(t, 0), take(t, 1))]),
  linearOp,
  ...languageOps,
  ...hypernetOps,
  ...weightOps,
];
