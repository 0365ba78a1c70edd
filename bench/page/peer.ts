// The same matmuls by jax-js, the fastest peer that we found in a browser, on the same adapter and in the same session.
import { defaultDevice, init, jit, numpy as np } from "@jax-js/jax";
import { spreadOf, type Spread } from "../../src/lab/timing.ts";

export interface PeerFigure {
  peer: string;
  name: string;
  m: number;
  n: number;
  k: number;
  gflops: Spread;
}

/** Matmuls that are queued before one wait, so that the cost of the wait is small beside the work. */
const QUEUED = 6;

/** y = x W for each shape, with the layout of W that is faster for the peer. Times complete calls, as its users see them. */
export async function benchPeer(
  shapes: readonly { name: string; m: number; n: number; k: number }[],
  rounds: number,
): Promise<PeerFigure[]> {
  await init("webgpu");
  defaultDevice("webgpu");
  const figures: PeerFigure[] = [];
  for (const { name, m, n, k } of shapes) {
    const shape = { m, n, k, rounds };
    const layouts = [await timeLayout(shape, false), await timeLayout(shape, true)];
    const best = layouts.map(spreadOf).sort((a, b) => b.median - a.median)[0];
    if (best) figures.push({ peer: "jax-js", name, m, n, k, gflops: best });
  }
  return figures;
}

/** GFLOPS of each round. x is (m, k); W is (k, n), or `transposed` (n, k), as language models store it. */
async function timeLayout(
  { m, n, k, rounds }: { m: number; n: number; k: number; rounds: number },
  transposed: boolean,
): Promise<number[]> {
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
