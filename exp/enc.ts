import { installDawn } from "../src/cli/host/dawn.ts";
import { Ctx, Gpu } from "../src/engine/index.ts";
import { linearForward } from "../src/engine/ops/linear.ts";
installDawn();
const ctx = new Ctx(await Gpu.open());
ctx.matmul = "registers";
const N = 2000;
const x = ctx.persistent("x", [4, 16]); const w = ctx.persistent("w", [16, 16]); const y = ctx.persistent("y", [4, 16]);
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
for (let r = 0; r < 4; r++) {
  await ctx.gpu.idle();
  const a = cpu();
  let b = 0, c = 0;
  ctx.step(() => { for (let i = 0; i < N; i++) linearForward(ctx, { x, weight: w, bias: undefined, y }); b = cpu(); ctx.submit(); c = cpu(); });
  console.log("encode", ((b - a) / N * 1000).toFixed(2), "us per dispatch; submit", ((c - b) / N * 1000).toFixed(2), "us");
}
// raw
const d = ctx.gpu.device;
const m = d.createShaderModule({ code: "@group(0) @binding(0) var<storage, read_write> y: array<f32>; @compute @workgroup_size(64) fn f(@builtin(global_invocation_id) g: vec3u) { y[g.x] = y[g.x] + 1.0; }" });
const p = d.createComputePipeline({ layout: "auto", compute: { module: m } });
const buf = d.createBuffer({ size: 4096, usage: GPUBufferUsage.STORAGE });
const bg = d.createBindGroup({ layout: p.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer: buf } }] });
for (let r = 0; r < 3; r++) {
  await ctx.gpu.idle();
  const a = cpu(); const e = d.createCommandEncoder(); const s = e.beginComputePass();
  for (let i = 0; i < N; i++) { s.setPipeline(p); s.setBindGroup(0, bg); s.dispatchWorkgroups(1); }
  const b = cpu(); s.end(); const f = e.finish(); const c = cpu(); d.queue.submit([f]); const g = cpu();
  console.log("raw encode", ((b - a) / N * 1000).toFixed(2), "finish", ((c - b) / N * 1000).toFixed(2), "submit", ((g - c) / N * 1000).toFixed(2));
}
for (const skip of [0, 1]) {
  await ctx.gpu.idle();
  const a = cpu(); const e = d.createCommandEncoder(); const s = e.beginComputePass(); s.setPipeline(p); s.setBindGroup(0, bg);
  for (let i = 0; i < N; i++) { s.dispatchWorkgroups(1); }
  const b = cpu(); s.end(); const f = e.finish(); const c = cpu(); d.queue.submit([f]); const g = cpu();
  console.log("dispatch only", ((b - a) / N * 1000).toFixed(2), "finish", ((c - b) / N * 1000).toFixed(2), "submit", ((g - c) / N * 1000).toFixed(2));
}
process.exit(0);
