// The loss of each token under two runs' masks, or of the dense model: where on a text the two differ.
import { type Ctx, type Model, type OpenedModel, type Run, tokenLosses } from "../../engine/index.ts";
import type { TokenLosses } from "../payloads/comparison.ts";
import type { EncodedText } from "../storage/texts.ts";
import { type RunPair, withRun } from "./compareRuns.ts";

interface LossesRequest extends RunPair {
  text: EncodedText;
  /** How many tokens of the text are read. */
  tokens: number;
  /** Window length in tokens. */
  context: number;
  onProgress: (done: number, of: number) => void;
  cancelled: () => boolean;
}

/** Reads the text with one model after the other, so that one pruned model at a time is on the GPU. Throws what `restoreRun` throws, and "cancelled". */
export async function compareLosses(ctx: Ctx, opened: OpenedModel, request: LossesRequest): Promise<TokenLosses> {
  const { text, tokens, onProgress, cancelled } = request;
  const context = Math.min(request.context, opened.config.context);
  const ids = text.ids.subarray(0, tokens);
  const of = (run: Run | null, half: number): Promise<Float32Array> => {
    const onWindow = (done: number, windows: number): void => onProgress(half * windows + done, 2 * windows);
    const use = (model: Model) => tokenLosses(ctx, model, ids, { context, onWindow, cancelled });
    return withRun(ctx, opened, run, { current: request.current, use });
  };
  const [first, second] = [await of(request.first, 0), await of(request.second, 1)];
  const stream = opened.tokenizer.stream({ skipSpecialTokens: false });
  return { text: text.name, context, tokens: Array.from(ids, (id) => stream.push(id)), first, second };
}
