// Decoding, dense and compact: each token reads all weights once, so memory bandwidth bounds it.
import { matmulText, type Model } from "../../engine/index.ts";
import { weightGigabytes } from "../goals.ts";
import type { LabDecode } from "../labResult.ts";
import { mainShape, openLabModel, type LabPartRun } from "../part.ts";
import { randomCompact } from "../randomCompact.ts";
import { benchDecode } from "../stepAndDecode.ts";

const RATIO = 0.5;

export const benchDecoding: LabPartRun<LabDecode[]> = async (ctx, input) => {
  const { opened, ids } = await openLabModel(ctx, input, mainShape(input));
  const { compact } = await randomCompact(ctx, opened, RATIO);
  const figures: LabDecode[] = [];
  for (const [form, model] of [
    ["dense", opened.model],
    ["compact", compact],
  ] as const) {
    input.progress(figures.length, 2);
    const figure = {
      ...{ model: opened.name, matmul: matmulText(ctx.matmulTable), form },
      ...(await benchDecode(ctx, { model }, ids, input.quick ? 1 : 3)),
      ...{ weightBytes: model.gpuBytes, readBytes: readPerToken(model) },
    };
    const rates = [figure.tokensPerSecond.median.toFixed(1), weightGigabytes(figure).toFixed(1)] as const;
    input.log(`decoding, ${form}: ${rates[0]} tokens/s, ${rates[1]} GB/s of weights`);
    figures.push(figure);
  }
  return figures;
};

/** Bytes of weights that a token reads: the matrices of the blocks and the head. Of an embedding it reads one row. */
function readPerToken({ weights: { blocks, head } }: Model): number {
  const matrices = [...blocks.flatMap(({ qkv, o, up, down }) => [qkv, o, up, down]), head];
  return matrices.flatMap(({ weight }) => weight).reduce((sum, { buffer }) => sum + buffer.bytes, 0);
}
