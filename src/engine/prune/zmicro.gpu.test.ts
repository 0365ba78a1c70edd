import { test } from "vitest";
import adam from "../../../shaders/adam_w.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import st from "../../../shaders/lib/step_state.wgsl?raw";
import { Ctx } from "../ctx.ts";
import { Gpu } from "../gpu/device.ts";
import { Profile } from "../gpu/profile.ts";
import { stepState } from "../ops/stepState.ts";

test("micro", async () => {
  const ctx = new Ctx(await Gpu.open());
  const n = 1348608;
  const [th, g, m, v] = [1, 2, 3, 4].map((i) => ctx.persistent(`t${i}`, [n], { data: Float32Array.from({ length: n }, (_, k) => 1e-3 * (((k * 7919 * i) % 1000) - 500)) }));
  const state = stepState(ctx, { seed: 1, step: 3, keep: 0.5 });
  const rec = { count: n, decay: 0.99995, lr: 1e-3, eps: 1e-8, weight1: 0.1, beta2: 0.999, weight2: 0.001, log_beta1: Math.log(0.9), log_beta2: Math.log(0.999) };
  const base = [grid, st, adam].join("\n");
  const variants: Record<string, [string, number]> = {
    base: [base, 4096],
    nodiv: [base.replace(/ - rate \* m_new \/ \(.*\);/, " - rate * m_new * v_new * root * recipe.eps;"), 4096],
    nosqrt: [base.replace("sqrt(v_new)", "v_new"), 4096],
    rsq: [base.replace(/rate \* m_new \/ \(.*\);/, "rate * m_new * inverseSqrt(v_new * root + 1e-16) * recipe.eps;"), 4096],
    big: [base.replaceAll("4096u", "65536u"), 65536],
    wg16: [base.replaceAll("64u", "16u").replace("workgroup_size(64)", "workgroup_size(16)"), 4096],
    readonly: [base.replace("m[i] = m_new;", "").replace("v[i] = v_new;", ""), 4096],
    wg4: [base.replaceAll("64u", "4u").replace("workgroup_size(64)", "workgroup_size(4)").replaceAll("4096u", "1024u"), 1024],
  };
  const specs = Object.entries(variants).map(([label, [code, per]]) => ({ spec: { label, code, entry: "update" }, per }));
  const best = new Map<string, number>();
  ctx.profile = new Profile(ctx.gpu, ctx.buffers);
  for (let r = 0; r < 25; r++) {
    ctx.step(() => { for (const { spec, per } of specs) ctx.run(spec, [g!, state, th!, m!, v!], rec, [Math.ceil(n / per)]); });
    await ctx.gpu.idle();
    for (const t of await ctx.profile.take()) best.set(t.label, Math.min(best.get(t.label) ?? 1e9, t.ms));
  }
  console.log([...best].map(([l, t]) => `${l} ${t.toFixed(2)}`).join("\n"));
});
