// The ops whose speed is measured: every op of the registry but those in untimed.ts, and the backward of the linear layer.
import type { Ctx } from "../../engine/ctx.ts";
import { invariant } from "../../engine/errors.ts";
import { ops } from "../../engine/ops/registry/index.ts";
import { take } from "../../engine/ops/registry/parity.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { gradientOfX, matmulFlop } from "../matmulWork.ts";
import { commonCases } from "./commonCases.ts";
import { hypernetCases } from "./hypernetCases.ts";
import { languageCases } from "./languageCases.ts";
import { type Timed, values } from "./timedCase.ts";
import { weightCases } from "./weightCases.ts";

export interface TimedOp extends Timed {
  /** Runs the op once on the inputs of its case. */
  launch: (ctx: Ctx, inputs: Tensor[], params: unknown) => Tensor[];
}

/** What most of a backward pass is: dx = dy W. */
const linearGradient: TimedOp = {
  op: "linear: gradient of x",
  at: ({ rows, d, f }) => ({ inputs: [values(rows, f), values(f, d)], params: null, flop: matmulFlop(rows, f, d) }),
  launch: (ctx, inputs) => [gradientOfX(ctx, take(inputs, 0), take(inputs, 1))],
};

const launched = (timed: Timed): TimedOp => {
  const found = ops.find(({ name }) => name === timed.op);
  invariant(found, "bug", () => `timed op: expected one of the registry, got "${timed.op}"`);
  return { ...timed, launch: (ctx, inputs, params) => found.launch(ctx, inputs, params) };
};

export const TIMED: readonly TimedOp[] = [
  ...[...commonCases, ...languageCases, ...hypernetCases, ...weightCases].map(launched),
  linearGradient,
];
