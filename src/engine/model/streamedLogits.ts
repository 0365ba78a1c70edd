// Logits of a model of which one block at a time is on the GPU: for a model that is only compared, beside the one that is open.
import { copyInto } from "../ops/arithmetic.ts";
import type { Ctx } from "../ctx.ts";
import type { ModelConfig } from "../config/config.ts";
import { runBlock } from "./block.ts";
import { embedTokens, headInput, headLogits } from "./decoder.ts";
import type { BlockWeights } from "./decoderWeights.ts";
import { type LoadOptions, weightUploads } from "./load.ts";
import { DENSE, type Selection } from "./selection.ts";
import { uploadColumns, uploadBlock, uploadInput, uploadOutput, uploadRopes } from "./uploadedParts.ts";
import type { WeightUploads } from "./weightUploads.ts";
import type { WeightReader } from "./tensorReads.ts";

interface StreamedOptions extends Pick<LoadOptions, "precision" | "storage"> {
  /** For a compact model: the index lists of its 5L vectors. */
  lists?: readonly Uint32Array[] | undefined;
  /** How the selection vectors apply where the model is not compact. Default: not at all. */
  selection?: Selection;
  /** Called while weights are read; may throw to stop. */
  onRead?: () => void;
}

/**
 * Logits (T, V) of ids. Reads every tensor once. Takes the memory of the embedding, the head and the largest block. Throws what the reader and
 * `onRead` throw, and "unsupported" for a weight that f16 cannot represent.
 */
export async function streamedLogits(
  ctx: Ctx,
  { config, reader, ids }: { config: ModelConfig; reader: WeightReader; ids: Uint32Array },
  options: StreamedOptions = {},
): Promise<Float32Array> {
  const { lists, selection = DENSE, onRead, ...stored } = options;
  const given = { ...stored, ...(lists ? { lists } : {}), ...(onRead ? { onProgress: onRead } : {}) };
  const uploads = (): WeightUploads => weightUploads(ctx, config, reader, given);
  const ends = uploads();
  const freeShapes = ctx.shapesFromHere();
  const x = ctx.persistent("residual stream", [ids.length, config.dModel]);
  try {
    return await ctx.gpu.checked("the logits of a model that is compared", async () => {
      const ropes = uploadRopes(ends, config);
      const first = await uploadInput(ends, config);
      const blocks: BlockWeights[] = [];
      const last = await uploadOutput(ends, config, first.embedding);
      const model = { config, weights: { ...first, blocks, ...last, ropes: [...ropes.values()] } };
      ctx.step(() => copyInto(ctx, x, embedTokens(ctx, model, ctx.upload(ids, [ids.length], "ids"))));
      for (let block = 0; block < config.layers; block++) {
        const own = uploads();
        try {
          blocks[block] = await uploadBlock(own, config, ropes, block);
          const columns = lists && uploadColumns(own, lists, block, config.dModel);
          const applied = columns ? { ...DENSE, cut: () => columns } : selection;
          ctx.step(() => copyInto(ctx, x, runBlock(ctx, model, x, { block, selection: applied })));
          await ctx.gpu.idle();
        } finally {
          own.free();
        }
      }
      return await ctx.read(ctx.step(() => headLogits(ctx, model, headInput(ctx, model, x))));
    });
  } finally {
    ends.free();
    ctx.free(x);
    freeShapes();
  }
}
