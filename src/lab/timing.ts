// Times work on the GPU's queue.
export { spreadOf, type Spread } from "../engine/evaluate/spread.ts";
export { timed } from "../engine/ops/registry/timed.ts";
