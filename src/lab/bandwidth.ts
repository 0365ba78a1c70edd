// The adapter's memory bandwidth, as a kernel sees it: bytes read plus bytes written, over the time.
import type { Ctx } from "../engine/ctx.ts";
import { groupsFor } from "../engine/ops/kit/launch.ts";
import { spreadOf, type Spread, timed } from "./timing.ts";
import wgsl from "./bandwidth.wgsl?raw";

const SPEC = { label: "bandwidth", code: wgsl, entry: "copy" };
const BYTES = { software: 2 ** 24, hardware: 2 ** 27 };
/** Copies per submit, so that the cost of the submit is small beside them. */
const COPIES = 16;

/** Gigabytes per second, over `rounds` rounds. */
export async function benchBandwidth(ctx: Ctx, rounds: number): Promise<Spread> {
  const bytes = ctx.gpu.facts.software ? BYTES.software : BYTES.hardware;
  const x = ctx.persistent("bandwidth x", [bytes / 4]);
  const y = ctx.persistent("bandwidth y", [bytes / 4]);
  const copy = (): void => ctx.run(SPEC, [x, y], {}, groupsFor(bytes / 16, 256));
  await timed(ctx, copy);
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) rates.push((2 * bytes) / (await timed(ctx, copy, COPIES)) / 1e6);
  ctx.free(x, y);
  return spreadOf(rates);
}
