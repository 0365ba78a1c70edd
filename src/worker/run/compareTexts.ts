// Text of the dense and of the pruned model from one prompt and seed, streamed as it is written.
import { type Ctx, EngineError, generate, type Model, type OpenedModel } from "../../engine/index.ts";
import type { Subject, WorkerEvent } from "../protocol.ts";

interface Request {
  prompt: string;
  tokens: number;
  temperature: number;
  seed: number;
}

/** Writes the dense text, then the pruned one. Cancelled: what was written stays, and "cancelled" is thrown. */
export async function compareTexts(
  ctx: Ctx,
  opened: OpenedModel,
  models: Record<Subject, Model>,
  { prompt, tokens, temperature, seed }: Request,
  send: (event: WorkerEvent) => void,
  cancelled: () => boolean,
): Promise<Record<Subject, string>> {
  const ids = opened.tokenizer.encode(prompt);
  if (ids.length === 0)
    throw new EngineError("config", "The prompt is empty: write at least one word to continue from.");
  const texts = { dense: "", pruned: "" };
  for (const subject of ["dense", "pruned"] as const) {
    const stream = opened.tokenizer.stream({ skipSpecialTokens: true });
    const emit = (piece: string, done: boolean): void => {
      texts[subject] += piece;
      send({ type: "text", subject, piece, done });
    };
    for await (const token of generate(ctx, models[subject], ids, { tokens, temperature, seed })) {
      emit(stream.push(token), false);
      if (cancelled()) {
        emit(stream.end(), true);
        throw new EngineError("cancelled", "Writing was stopped; the text so far stays.");
      }
    }
    emit(stream.end(), true);
  }
  return texts;
}
