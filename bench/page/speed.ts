// Dense and pruned at 50 %, forward and decoding, in the engine and in onnxruntime-web: what the studio shows as "Speed on this machine".
import type { Ctx } from "../../src/engine/ctx.ts";
import { memoryTarget } from "../../src/engine/evaluate/export/memoryTarget.ts";
import type { SpeedReport } from "../../src/engine/evaluate/speed.ts";
import { exportOnnx } from "../../src/engine/formats/onnx/exportOnnx.ts";
import { outputFolder } from "../../src/engine/formats/files/outputFile.ts";
import type { OpenedModel } from "../../src/engine/model/open.ts";
import { randomCompact } from "../../src/lab/randomCompact.ts";
import { measureSpeed } from "../../src/worker/export/speed.ts";

const RATIO = 0.5;

export interface SpeedFigure extends SpeedReport {
  ratio: number;
}

/** Prunes at random: times depend on how much is cut, not on how well it was chosen. `ids`: tokens of the text that is run. */
export async function benchSpeed(ctx: Ctx, opened: OpenedModel, ids: Uint32Array): Promise<SpeedFigure> {
  const { masks, compact: pruned } = await randomCompact(ctx, opened, RATIO);
  try {
    const folder = outputFolder("pruned", await exportOnnx({ ...opened, masks }));
    const onnx = { pruned: folder, dense: memoryTarget(), dtype: opened.dtype === "F16" ? "F16" : "F32" } as const;
    const watch = { onPart: () => undefined, cancelled: () => false };
    return { ratio: RATIO, ...(await measureSpeed(ctx, { opened, pruned, ids, onnx }, watch)) };
  } finally {
    pruned.free();
  }
}
