// temporary
import { expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { Gpu } from "../../gpu/device.ts";
import { Profile } from "../../gpu/profile.ts";
import { Tape } from "../../tape.ts";
import { tapeArithmetic, add } from "../arithmetic.ts";
import { attention } from "../attention.ts";
import { crossEntropy } from "../crossEntropy.ts";
import { embedding } from "../embedding.ts";
import { gate, gatedAdd } from "../gate.ts";
import { gather } from "../gather.ts";
import { scatterAdd } from "../scatterAdd.ts";
import { rmsnorm } from "../rmsnorm.ts";
import { rope } from "../rope.ts";
import { swiglu } from "../swiglu.ts";
import { appendKv } from "../appendKv.ts";

test("time", async () => {
  const ctx = new Ctx(await Gpu.open());
  const shape = { heads: 6, kvHeads: 2, headDim: 32 };
  const rnd = (n: number) => Float32Array.from({ length: n }, () => Math.random() - 0.5);
  for (const T of [128, 256]) {
    const p = (label: string, s: number[], requiresGrad = true) => ctx.persistent(label, s, { data: rnd(s.reduce((a, b) => a * b, 1)), requiresGrad });
    const x = p("x", [T, 192]), w = p("w", [192], false), m = p("m", [192]), qkv = p("qkv", [T, 320]), gu = p("gu", [T, 1024]), act = p("act", [T, 512]), mf = p("mf", [512]), logits = p("logits", [T, 2048]);
    const table = p("table", [T, 16, 2], false), emb = p("emb", [2048, 192], false);
    const start = ctx.persistent("start", [1], { dtype: "u32", data: new Uint32Array(1) });
    const ids = ctx.persistent("ids", [T], { dtype: "u32", data: Uint32Array.from({ length: T }, () => Math.random() * 2048) });
    const idx = ctx.persistent("idx", [100], { dtype: "u32", data: Uint32Array.from({ length: 100 }, (_, i) => i) });
    const cache = p("cache", [512, 128], false);
    const one = p("one", [1, 320], false);
    const runs: number[] = [];
    const sums = new Map<string, number[]>();
    const profile = new Profile(ctx.gpu, ctx.buffers);
    for (let i = 0; i < 8; i++) {
      ctx.profile = profile;
      ctx.step(() => {
        const tape = (ctx.tape = new Tape(tapeArithmetic(ctx)));
        const outs = [embedding(ctx, ids, emb), rmsnorm(ctx, x, w, 1e-5), gate(ctx, x, m), gate(ctx, act, mf), gatedAdd(ctx, x, x, m), rope(ctx, qkv, table, start, shape), swiglu(ctx, gu), attention(ctx, qkv, qkv, start, shape), crossEntropy(ctx, logits, ids), gather(ctx, x, idx), scatterAdd(ctx, x, gather(ctx, x, idx), idx), add(ctx, x, x)];
        tape.backward(outs.map((o) => [o, o] as const));
        ctx.tape = undefined;
        appendKv(ctx, one, cache, start, shape);
      });
      const times = await profile.take();
      if (i > 1) for (const t of times) sums.set(t.label, [...(sums.get(t.label) ?? []), t.ms / t.dispatches]);
      ctx.profile = undefined;
      const t0 = performance.now();
      ctx.step(() => { const tape = (ctx.tape = new Tape(tapeArithmetic(ctx))); const o = attention(ctx, qkv, qkv, start, shape); tape.backward([[o, o]]); });
      await ctx.gpu.idle();
      runs.push(performance.now() - t0);
    }
    const med = (a: number[]) => [...a].sort((x, y) => x - y)[a.length >> 1] ?? 0;
    console.log(`T=${T} attention fwd+bwd step min ${Math.min(...runs).toFixed(2)} med ${med(runs).toFixed(2)}\n` + [...sums].map(([k, v]) => `${k.padEnd(28)} min ${Math.min(...v).toFixed(3)} med ${med(v).toFixed(3)}`).join("\n"));
    const dec = ctx.persistent("s", [1], { dtype: "u32", data: Uint32Array.of(300) });
    const dt: number[] = [];
    for (let i = 0; i < 6; i++) { const t0 = performance.now(); ctx.step(() => { for (let l = 0; l < 8; l++) attention(ctx, one, cache, dec, shape); }); await ctx.gpu.idle(); dt.push(performance.now() - t0); }
    console.log("decode attention 8 layers at 300", Math.min(...dt).toFixed(2), med(dt).toFixed(2));
    profile.free();
    ctx.freeStep();
  }
  expect(1).toBe(1);
});
