// The loss of each token under two runs' masks, or of the dense model: where on a text the two differ.
import { type Ctx, type OpenedModel, type Run, tokenLosses } from "../../engine/index.ts";
import type { TokenLosses } from "../payloads.ts";
import type { EncodedText } from "../storage/texts.ts";
import type { Pruned } from "../run/pruned.ts";
import { loadPruned } from "../run/prunedModel.ts";
import { restoreRun } from "../run/runRecords.ts";

interface LossesRequest {
  /** Null: the dense model. */
  first: Run | null;
  second: Run | null;
  /** The current pruning, which has the weights of its own recovered run. */
  current?: Pruned | undefined;
  text: EncodedText;
  /** How many tokens of the text are read. */
  tokens: number;
  /** Window length in tokens. */
  context: number;
  onProgress: (done: number, of: number) => void;
  cancelled: () => boolean;
}

/** The pruning of a run. The weights of a recovered one are known only while it is the current pruning. Throws what `restoreRun` throws. */
function prunedOf(run: Run, opened: OpenedModel, current: Pruned | undefined): Pruned {
  const { recovery } = run.record;
  const isCurrent = recovery !== undefined && current?.recovery?.weightsSha256 === recovery.weightsSha256;
  return isCurrent && run.record.model.fingerprint === opened.fingerprint ? current : restoreRun(run, opened);
}

/** Reads the text with one model after the other, so that one pruned model at a time is on the GPU. Throws what `restoreRun` throws, and "cancelled". */
export async function compareLosses(ctx: Ctx, opened: OpenedModel, request: LossesRequest): Promise<TokenLosses> {
  const { text, tokens, onProgress, cancelled } = request;
  const context = Math.min(request.context, opened.config.context);
  const ids = text.ids.subarray(0, tokens);
  const of = async (run: Run | null, half: number): Promise<Float32Array> => {
    const model = run ? await loadPruned(ctx, opened, prunedOf(run, opened, request.current)) : opened.model;
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
