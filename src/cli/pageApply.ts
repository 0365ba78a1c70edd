// A receipt applied to its model, on the page's side: masks from the receipt, then the same delivery as after a run.
import {
  Ctx,
  deliver,
  EngineError,
  Gpu,
  masksFromReceipt,
  openModel,
  readReceipt,
  tuneMatmul,
} from "../engine/index.ts";
import type { ServedFolder } from "./files.ts";
import { onnxReader } from "../verify/onnxReader.ts";
import { CHECK_TOKENS, choiceOf, type FormAnswer, formAnswer, formPlaces, type FormsRequest } from "./pageForms.ts";
import type { PruneReport } from "./pagePrune.ts";
import { servedModel } from "./servedFolder.ts";

export interface ApplyRequest extends FormsRequest {
  model: ServedFolder;
  /** The text of receipt.json. */
  receipt: string;
}

export interface ApplyAnswer {
  adapter: string;
  /** Whether the receipt had logits to compare with, and so shows that these are the weights it was made from. */
  sampleCompared: boolean;
  keptBlockWeights: number;
  forms: FormAnswer[];
}

/** Steps through a vocabulary in an order that is not the vocabulary's. */
const STRIDE = 37;

/** Opens, applies, exports. Throws EngineErrors: "format" for a receipt that lies, "shape" where it is another model's. */
export async function apply(request: ApplyRequest, report: (report: PruneReport) => void): Promise<ApplyAnswer> {
  const receipt = readReceipt(request.receipt);
  const ctx = new Ctx(await Gpu.open());
  try {
    await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
    const folder = await servedModel(request.model);
    const opened = await openModel(ctx, folder, {
      precision: receipt.precision ?? "f32",
      onProgress: (done, of) => report({ stage: "open", done, of }),
    });
    const { config } = opened;
    const masks = masksFromReceipt(receipt, config);
    const { sample, recipe, target, trainedSteps, calibration, perplexity, model } = receipt;
    const known = sample?.ids ?? [];
    const outside = known.find((id) => id >= config.vocab);
    if (outside !== undefined)
      throw new EngineError("shape", `the receipt's sample has token ${outside}; this model knows ${config.vocab}`);
    const more = Math.max(0, Math.min(CHECK_TOKENS, config.context) - known.length);
    const ids = Uint32Array.from([...known, ...Array.from({ length: more }, (_, i) => (i * STRIDE) % config.vocab)]);
    const forms = await deliver(ctx, opened, masks, formPlaces(request), {
      ids,
      openOnnx: onnxReader,
      receipt: {
        version: __APP_VERSION__,
        adapter: receipt.adapter,
        modelName: model.name,
        licence: model.licence,
        ...{ recipe, target, trainedSteps, calibration, perplexity },
      },
      ...choiceOf(request),
      ...(sample ? { sample } : {}),
      onProgress: (done, of, note) => report({ stage: "export", done, of, note }),
    });
    return {
      adapter: ctx.gpu.facts.name,
      sampleCompared: sample !== undefined,
      keptBlockWeights: receipt.kept.blockWeights.kept,
      forms: forms.map(formAnswer),
    };
  } finally {
    ctx.gpu.destroy();
  }
}
