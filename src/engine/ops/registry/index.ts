// Registry: every op with its reference. Unit tests, GPU tests and the self-check panel all walk this one list.
import { add } from "../arithmetic.ts";
import { addRef } from "../arithmetic.ref.ts";
import { hypernetOps } from "./hypernetOps.ts";
import { languageOps } from "./languageOps.ts";
import { linear } from "../linear.ts";
import { linearPartsRef, linearRef } from "../linear.ref.ts";
import { linearParts } from "../linearParts.ts";
import { type CheckedOp, checkedOp, take } from "./parity.ts";
import { splitRows } from "../kit/rowParts.ts";
import { weightOps } from "./weightOps.ts";

export const linearOp = checkedOp(linearRef, (ctx, t) => [linear(ctx, take(t, 0), take(t, 1), t[2])]);

export const ops: readonly CheckedOp[] = [
  checkedOp(addRef, (ctx, t) => [add(ctx, take(t, 0), take(t, 1))]),
  linearOp,
  checkedOp(linearPartsRef, (ctx, t, { partRows }) => [
    linearParts(ctx, take(t, 0), splitRows(take(t, 1), partRows), t[2]),
  ]),
  ...languageOps,
  ...hypernetOps,
  ...weightOps,
];
