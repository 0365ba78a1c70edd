// The loss of each token under two runs' masks, or the dense model: where on a text they differ.
import { type Ctx, type OpenedModel, type Run, tokenLosses } from "../../engine/index.ts";
import { restoreRun } from "./runRecords.ts";
import { loadPruned } from "./prunedModel.ts";
import type { TokenLosses } from "../protocol.ts";
import type { EncodedText } from "../storage/texts.ts";

export interface LossesRequest {
  /** Null: the dense model. */
  first: Run | null;
  second: Run | null;
  text: EncodedText;
  /** How many of the text's tokens, and of each window. */
  tokens: number;
  context: number;
  onProgress: (done: number, of: number) => void;
  cancelled: () => boolean;
}

/** One model after the other, so that one pruned model at a time is on the GPU. Throws what `restored` throws, "unsupported" for SparseGPT, "cancelled". */
export async function compareLosses(ctx: Ctx, opened: OpenedModel, request: LossesRequest): Promise<TokenLosses> {
  const { text, tokens, onProgress, cancelled } = request;
  const context = Math.min(request.context, opened.config.context);
  const ids = text.ids.subarray(0, tokens);
  const of = async (run: Run | null, half: number): Promise<Float32Array> => {
    const model = run ? await loadPruned(ctx, opened, restoreRun(run, opened)) : opened.model;
    try {
      const onWindow = (done: number, windows: number): void => onProgress(half * windows + done, 2 * windows);
      return await tokenLosses(ctx, model, ids, { context, onWindow, cancelled });
    } finally {
      if (run) model.free();
    }
  };
  const [first, second] = [await of(request.first, 0), await of(request.second, 1)];
  const stream = opened.tokenizer.stream({ skipSpecialTokens: false });
  return { text: text.name, context, tokens: Array.from(ids, (id) => stream.push(id)), first, second };
}
