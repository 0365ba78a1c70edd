// Dense and pruned at 50 %, forward and decoding, in the engine and in onnxruntime-web: what the studio shows as "Speed on this machine".
import type { Ctx } from "../../src/engine/ctx.ts";
import { memoryTarget } from "../../src/engine/evaluate/export/memoryTarget.ts";
import type { SpeedReport } from "../../src/engine/evaluate/speed.ts";
import { exportOnnx } from "../../src/engine/formats/onnx/exportOnnx.ts";
import { outputFolder } from "../../src/engine/formats/files/outputFile.ts";
import { loadModel } from "../../src/engine/model/load.ts";
import type { OpenedModel } from "../../src/engine/model/open.ts";
import { architectureOf } from "../../src/engine/masks/architecture.ts";
import { budgetOf } from "../../src/engine/masks/budget.ts";
import { indexLists } from "../../src/engine/masks/compact.ts";
import { cutReader } from "../../src/engine/prune/gates/cutReader.ts";
import { gateLayout } from "../../src/engine/masks/gates.ts";
import { DRAW, uniformNoise } from "../../src/engine/rng.ts";
import { measureSpeed } from "../../src/worker/export/speed.ts";

const RATIO = 0.5;

export interface SpeedFigure extends SpeedReport {
  ratio: number;
}

/** Prunes at random: times depend on how much is cut, not on how well it was chosen. `ids`: tokens of the text that is run. */
export async function benchSpeed(ctx: Ctx, opened: OpenedModel, ids: Uint32Array): Promise<SpeedFigure> {
  const { config, weights } = opened;
  const layout = gateLayout(config);
  const logits = Float32Array.from(
    { length: layout.length },
    (_, i) => uniformNoise({ seed: 1, draw: DRAW.sample }, i) - 0.5,
  );
  const { masks } = architectureOf(logits, { layout, budget: budgetOf(config), ratio: RATIO });
  const lists = indexLists(masks);
  const pruned = await loadModel(ctx, config, cutReader(weights, config.family, lists), { lists });
  try {
    const folder = outputFolder("pruned", await exportOnnx({ ...opened, masks }));
    const onnx = { pruned: folder, dense: memoryTarget(), dtype: opened.dtype === "F16" ? "F16" : "F32" } as const;
    const watch = { onPart: () => undefined, cancelled: () => false };
    return { ratio: RATIO, ...(await measureSpeed(ctx, { opened, pruned, ids, onnx }, watch)) };
  } finally {
    pruned.free();
  }
}
