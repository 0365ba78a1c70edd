// The same matmuls by a peer, on the same adapter and in the same session: jax-js, the fastest that we found in a browser.
import { defaultDevice, init, jit, numpy as np } from "@jax-js/jax";
import { spreadOf, type Spread } from "./timing.ts";

export interface PeerFigure {
  peer: string;
  name: string;
  m: number;
  n: number;
  k: number;
  gflops: Spread;
}

/** Matmuls that are queued before waiting, so that a wait's own cost is small beside the work. */
const QUEUED = 6;

/** y = x W for each shape, in whichever layout of W the peer is faster with. Times the whole call, as its users would see it. */
export async function benchPeer(
  shapes: readonly { name: string; m: number; n: number; k: number }[],
  rounds: number,
): Promise<PeerFigure[]> {
  await init("webgpu");
  defaultDevice("webgpu");
  const figures: PeerFigure[] = [];
  for (const { name, m, n, k } of shapes) {
    const layouts = [await timeLayout(m, n, k, rounds, false), await timeLayout(m, n, k, rounds, true)];
    const best = layouts.map(spreadOf).sort((a, b) => b.median - a.median)[0];
    if (best) figures.push({ peer: "jax-js", name, m, n, k, gflops: best });
  }
  return figures;
}

/** GFLOPS of each round. transposed: W is stored (n, k), as language models have it. */
async function timeLayout(m: number, n: number, k: number, rounds: number, transposed: boolean): Promise<number[]> {
  const random = (rows: number, cols: number): np.Array =>
    np.array(Float32Array.from({ length: rows * cols }, () => Math.random() - 0.5)).reshape([rows, cols]);
  const x = random(m, k);
  const w = transposed ? random(n, k) : random(k, n);
  const matmul = jit((a: np.Array, b: np.Array) => np.matmul(a, transposed ? b.transpose() : b));
  const gflops: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const began = performance.now();
    const queued = Array.from({ length: QUEUED }, () => matmul(x.ref, w.ref));
    for (const y of queued) await y.blockUntilReady();
    const ms = (performance.now() - began) / QUEUED;
    for (const y of queued) y.dispose();
    if (round > 0) gflops.push((2 * m * n * k) / ms / 1e6); // round 0 compiles
  }
  x.dispose();
  w.dispose();
  return gflops;
}
