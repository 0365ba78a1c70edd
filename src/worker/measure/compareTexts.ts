// Text of the dense and the pruned model from one prompt and seed, streamed as it is generated.
import { type Ctx, EngineError, generate, type Model, type OpenedModel } from "../../engine/index.ts";
import type { Subject, WorkerEvent } from "../protocol.ts";

interface CompareTextsRequest {
  models: Record<Subject, Model>;
  prompt: string;
  /** How many each model generates. */
  tokens: number;
  temperature: number;
  seed: number;
  send: (event: WorkerEvent) => void;
  cancelled: () => boolean;
}

/** Generates the dense text, then the pruned one. Throws "config" for an empty prompt; "cancelled" once the text so far has been sent. */
export async function compareTexts(
  ctx: Ctx,
  { tokenizer }: Pick<OpenedModel, "tokenizer">,
  { models, prompt, send, cancelled, ...sampling }: CompareTextsRequest,
): Promise<Record<Subject, string>> {
  const ids = tokenizer.encode(prompt);
  if (ids.length === 0)
    throw new EngineError("config", "The prompt is empty: write at least one word to continue from.");
  const texts = { dense: "", pruned: "" };
  for (const subject of ["dense", "pruned"] as const) {
    const stream = tokenizer.stream({ skipSpecialTokens: true });
    const emit = (piece: string, done: boolean): void => {
      texts[subject] += piece;
      send({ type: "text", subject, piece, done });
    };
    for await (const token of generate(ctx, models[subject], ids, sampling)) {
      emit(stream.push(token), false);
      if (cancelled()) {
        emit(stream.end(), true);
        throw new EngineError("cancelled", "Generating was cancelled; the text so far stays.");
      }
    }
    emit(stream.end(), true);
  }
  return texts;
}
