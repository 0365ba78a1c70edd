// The memory plan of a recovery in the studio: counted beside the open model, and refused with numbers.
import { afterAll, beforeAll, expect, test } from "vitest";
import { goldenFolder } from "../../engine/golden/folders.fixture.ts";
import { Ctx, DEFAULT_RECIPE, openModel, type OpenedModel, type PlanResult } from "../../engine/index.ts";
import { madeGates } from "./madeGates.fixture.ts";
import { approveRecovery } from "./recoveryPlan.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
let opened: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("llama"));
});
afterAll(() => ctx.gpu.destroy());

const OPENING = { precision: "f32", trainingTokens: DEFAULT_RECIPE.tokens, evaluationTokens: 64 } as const;

test("a recovery of all matrices takes more than one of the output matrices, and both fit", async () => {
  const pruned = madeGates(opened.config, 0.5, { name: "t", sha256: "" });
  const plans: PlanResult[] = [];
  for (const matrices of ["out", "all"] as const)
    await approveRecovery(ctx.gpu.facts, { opened, pruned, choice: { matrices }, opening: OPENING }, (plan) =>
      plans.push(plan),
    );
  const [out, all] = plans.map(({ plan }) => plan);
  expect(out?.fits && all?.fits).toBe(true);
  expect(out?.parts.recovery).toBeGreaterThan(0);
  expect(all?.parts.recovery).toBeGreaterThan(out?.parts.recovery ?? Infinity);
});

test("a paused recovery is planned with its own windows, and refused with what to do", async () => {
  const pruned = madeGates(opened.config, 0.5, { name: "t", sha256: "" });
  const plans: PlanResult[] = [];
  const job = { opened, pruned, choice: { matrices: "out" }, opening: OPENING } as const;
  for (const window of [16, 64, 256])
    await approveRecovery(ctx.gpu.facts, { ...job, window }, (plan) => plans.push(plan));
  expect(plans.map(({ plan }) => plan.evaluationTokens)).toEqual([64, 64, 256]);
  const { totalBytes } = plans[2]?.plan ?? { totalBytes: 0 };
  expect(totalBytes).toBeGreaterThan(plans[1]?.plan.totalBytes ?? Infinity);
  const opening = { ...OPENING, memoryBytes: totalBytes / 4 };
  await expect(approveRecovery(ctx.gpu.facts, { ...job, opening, window: 256 }, () => undefined)).rejects.toMatchObject(
    {
      code: "limit",
      message: expect.stringMatching(
        /^A recovery of llama, which continues in its own windows of 256 tokens, needs .* Or discard it and recover anew, in the open model's windows of 64 tokens\.$/,
      ) as string,
    },
  );
});

test("one that does not fit is refused with its numbers, after the plan was reported", async () => {
  const pruned = madeGates(opened.config, 0.5, { name: "t", sha256: "" });
  const plans: PlanResult[] = [];
  const job = { opened, pruned, choice: { matrices: "out" }, opening: OPENING } as const;
  await approveRecovery(ctx.gpu.facts, job, (plan) => plans.push(plan));
  const [fitting] = plans.splice(0);
  const facts = { ...ctx.gpu.facts, maxBindingBytes: (fitting?.plan.largest.bytes ?? 0) - 4 };
  await expect(approveRecovery(facts, job, (plan) => plans.push(plan))).rejects.toMatchObject({
    code: "limit",
    message: expect.stringMatching(/^A recovery of llama needs [\d.]+ GB in \d+ buffers, .+ per buffer\./) as string,
  });
  expect(plans[0]?.plan.fits).toBe(false);
});
