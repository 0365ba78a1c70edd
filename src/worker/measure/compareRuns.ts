// What two runs, or a run and the dense model, write from one prompt, and what they expect next at one place of a text.
import {
  type Ctx,
  EngineError,
  generate,
  likelyTokens,
  type Model,
  type OpenedModel,
  type Run,
} from "../../engine/index.ts";
import type { LikelyNext, NextTokens, PairTexts, WrittenToken } from "../payloads/comparison.ts";
import type { Pruned } from "../run/pruned.ts";
import { loadPruned } from "../run/prunedModel.ts";
import { restoreRun } from "../run/runRecords.ts";

/** How many of the likeliest tokens are shown. */
const LIKELIEST = 5;

/** Two runs; null: the dense model. */
export interface RunPair {
  first: Run | null;
  second: Run | null;
  /** The current pruning, which has the weights of its own recovered run. */
  current?: Pruned | undefined;
}

/** The pruning of a run. The weights of a recovered one are known only while it is the current pruning. Throws what `restoreRun` throws. */
function prunedOf(run: Run, opened: OpenedModel, current: Pruned | undefined): Pruned {
  const { recovery } = run.record;
  const isCurrent = recovery !== undefined && current?.recovery?.weightsSha256 === recovery.weightsSha256;
  return isCurrent && run.record.model.fingerprint === opened.fingerprint ? current : restoreRun(run, opened);
}

/** Runs `use` on the model of a run, which is freed afterwards: one pruned model at a time is on the GPU. Throws what `restoreRun` throws. */
export async function withRun<T>(
  ctx: Ctx,
  opened: OpenedModel,
  run: Run | null,
  { current, use }: { current: Pruned | undefined; use: (model: Model) => Promise<T> },
): Promise<T> {
  if (!run) return use(opened.model);
  const model = await loadPruned(ctx, opened, prunedOf(run, opened, current));
  try {
    return await use(model);
  } finally {
    model.free();
  }
}

interface Sampling {
  prompt: string;
  /** How many each model writes at most. */
  tokens: number;
  temperature: number;
  seed: number;
}

interface Watch {
  onProgress: (done: number, of: number) => void;
  cancelled: () => boolean;
}

/** Text of one run after the other, token by token. Throws "config" for an empty prompt, "cancelled", and what `restoreRun` throws. */
export async function writePair(
  ctx: Ctx,
  opened: OpenedModel,
  { first, second, current, prompt, ...sampling }: RunPair & Sampling,
  { onProgress, cancelled }: Watch,
): Promise<PairTexts> {
  const { tokenizer } = opened;
  const ids = tokenizer.encode(prompt);
  if (ids.length === 0)
    throw new EngineError("config", "The prompt is empty: write at least one word to continue from.");
  const write =
    (before: number) =>
    async (model: Model): Promise<WrittenToken[]> => {
      const stream = tokenizer.stream({ skipSpecialTokens: false });
      const written: WrittenToken[] = [];
      for await (const id of generate(ctx, model, ids, sampling)) {
        written.push({ id, text: stream.push(id) });
        onProgress(before + written.length, 2 * sampling.tokens);
        if (cancelled()) throw new EngineError("cancelled", "Writing was stopped.");
      }
      const rest = stream.end();
      const last = written.at(-1);
      return last && rest !== "" ? [...written.slice(0, -1), { ...last, text: last.text + rest }] : written;
    };
  return {
    prompt: ids,
    first: await withRun(ctx, opened, first, { current, use: write(0) }),
    second: await withRun(ctx, opened, second, { current, use: write(sampling.tokens) }),
  };
}

/** The text of a token where it follows others: many tokenizers leave out the space of a first one. */
function textAfter({ tokenizer }: OpenedModel, before: readonly number[], id: number): string {
  const stream = tokenizer.stream({ skipSpecialTokens: false });
  for (const one of before.slice(-1)) stream.push(one);
  return stream.push(id) + stream.end();
}

/** The likeliest tokens after `ids` under both runs and the dense model. Throws "cancelled", and what `restoreRun` throws. */
export async function expectNext(
  ctx: Ctx,
  opened: OpenedModel,
  { first, second, current, ids }: RunPair & { ids: readonly number[] },
  cancelled: () => boolean,
): Promise<NextTokens> {
  const use = async (model: Model): Promise<LikelyNext[]> => {
    if (cancelled()) throw new EngineError("cancelled", "It is not needed any more.");
    const found = await likelyTokens(ctx, model, ids, LIKELIEST);
    return found.map(({ id, probability }) => ({ id, text: textAfter(opened, ids, id), probability }));
  };
  return {
    first: await withRun(ctx, opened, first, { current, use }),
    second: await withRun(ctx, opened, second, { current, use }),
    dense: await use(opened.model),
  };
}
