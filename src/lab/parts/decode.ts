// Decoding, dense and compact: each token reads all weights once, so memory bandwidth bounds it.
import { type Ctx, matmulText, type Model } from "../../engine/index.ts";
import { weightGigabytes } from "../goals.ts";
import type { LabDecode } from "../labResult.ts";
import { mainShape, openLabModel, type LabPartRun, type PartInput } from "../part.ts";
import { randomCompact } from "../randomCompact.ts";
import { benchDecode } from "../stepAndDecode.ts";
import { LLAMA32_1B, type SyntheticShape } from "../syntheticModel.ts";

const RATIO = 0.5;

/** Tokens of a training step; decoding has kernels of its own. */
const TOKENS = 128;
/** Kernels of a token that the log names. */
const LOGGED_KERNELS = 8;

/** The model of most measurements, and a larger one: the cost of dispatches bounds a small model, not memory. */
export const benchDecoding: LabPartRun<LabDecode[]> = async (ctx, input) => {
  const shapes = input.quick ? [mainShape(input)] : [mainShape(input), LLAMA32_1B];
  const figures: LabDecode[] = [];
  for (const [i, shape] of shapes.entries()) {
    input.progress(i, shapes.length);
    figures.push(...(await decodingOf(ctx, input, shape)));
  }
  return figures;
};

async function decodingOf(ctx: Ctx, input: PartInput, shape: SyntheticShape | "embedded"): Promise<LabDecode[]> {
  const { opened, ids } = await openLabModel(ctx, input, shape, TOKENS);
  const { compact } = await randomCompact(ctx, opened, RATIO);
  const figures: LabDecode[] = [];
  for (const [form, model] of [
    ["dense", opened.model],
    ["compact", compact],
  ] as const) {
    const figure = {
      ...{ model: opened.name, matmul: matmulText(ctx.matmulTable), form },
      ...(await benchDecode(ctx, { model }, ids, input.quick ? 1 : 3)),
      ...{ weightBytes: model.gpuBytes, readBytes: readPerToken(model) },
    };
    const rates = [figure.tokensPerSecond.median.toFixed(1), weightGigabytes(figure).toFixed(1)] as const;
    input.log(`decoding, ${opened.name}, ${form}: ${rates[0]} tokens/s, ${rates[1]} GB/s of weights`);
    for (const { label, dispatches, ms } of figure.kernels.slice(0, LOGGED_KERNELS))
      input.log(`    ${label}: ${dispatches} dispatches, ${ms.toFixed(3)} ms`);
    figures.push(figure);
  }
  compact.free();
  opened.model.free();
  return figures;
}

/** Bytes of weights that a token reads: the matrices of the blocks and the head. Of an embedding it reads one row. */
function readPerToken({ weights: { blocks, head } }: Model): number {
  const matrices = [...blocks.flatMap(({ qkv, o, up, down }) => [qkv, o, up, down]), head];
  return matrices.flatMap(({ weight }) => weight).reduce((sum, { buffer }) => sum + buffer.bytes, 0);
}
