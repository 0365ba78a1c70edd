import { expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { Gpu } from "../gpu/device.ts";
import { Profile } from "../gpu/profile.ts";
import { tapeArithmetic } from "../ops/arithmetic.ts";
import { adamW } from "../ops/adamW.ts";
import { binarize } from "../ops/binarize.ts";
import { budget } from "../ops/budget.ts";
import { noise } from "../ops/noise.ts";
import { stepState, writeStepState } from "../ops/stepState.ts";
import { Tape } from "../tape.ts";
import { layoutOf } from "./gates.ts";
import { Hypernet } from "./hypernet.ts";

test("bench", async () => {
  const ctx = new Ctx(await Gpu.open());
  const gates = layoutOf(Array.from({ length: 8 }, () => [192, 192, 192, 512, 192]).flat());
  const t0 = performance.now();
  const h = Hypernet.fromSeed(ctx, gates, 1);
  const t1 = performance.now();
  const [m, v] = ["m", "v"].map((n) => ctx.persistent(n, h.theta.shape));
  const state = stepState(ctx, { seed: 1, step: 0, keep: 0.5 });
  const dR = ctx.persistent("lambda", [1], { data: Float32Array.of(6) });
  const costs = { s1Cost: 320, s2Cost: 192, ups: 2, blockWeights: 8 * 192 * (320 + 192 + 3 * 512) };
  const lines: string[] = [`init ${t1 - t0}`];
  let step = 0;
  const run = () => {
    writeStepState(ctx, state, { seed: 1, step, keep: 0.5 });
    return ctx.step(() => {
      const tape = new Tape(tapeArithmetic(ctx));
      ctx.tape = tape;
      const x = h.forward(ctx);
      const s = binarize(ctx, x, noise(ctx, h.tables, state, 0), h.tables, "reinmax");
      const b = budget(ctx, s, h.tables, costs, state);
      tape.backward([[b.penalty, dR]]);
      const g = tape.gradOf(h.theta);
      adamW(ctx, h.theta, g!, m!, v!, state, { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.05 });
      step++;
      return b;
    });
  };
  let made = 0;
  for (let i = 0; i < 4; i++) {
    run();
    await ctx.gpu.idle();
    if (i === 1) made = ctx.kernels.created + ctx.buffers.allocations;
  }
  expect(ctx.kernels.created + ctx.buffers.allocations).toBe(made);
  const times = [];
  for (let i = 0; i < 20; i++) {
    const a = performance.now();
    run();
    await ctx.gpu.idle();
    times.push(performance.now() - a);
  }
  times.sort((a, b) => a - b);
  lines.push(`whole step min ${times[0]} median ${times[10]}`);
  ctx.profile = new Profile(ctx.gpu, ctx.buffers);
  const best = new Map<string, number>();
  for (let i = 0; i < 15; i++) { run(); await ctx.gpu.idle(); for (const t of await ctx.profile.take()) best.set(t.label, Math.min(best.get(t.label) ?? 1e9, t.ms)); }
  let sum = 0;
  for (const [l, ms] of [...best].sort((a, b) => b[1] - a[1])) { sum += ms; lines.push(`${ms.toFixed(2)} ${l}`); }
  lines.push(`sum ${sum}`);
  ctx.profile = undefined;
  for (let i = 0; i < 40; i++) {
    const b = run();
    if (i % 40 === 39) lines.push(`R ${(await ctx.read(b.penalty))[0]} T ${(await ctx.read(b.kept))[0]}`);
  }
  console.log(lines.join("\n"));
}, 60000);
