// Perplexities of the dense and the pruned model: measured once per masks and text, and paired for receipts and records.
import {
  type Ctx,
  type Masks,
  type Model,
  type OpenedModel,
  namingSpoilt,
  perplexity,
  type PerplexityPair,
  quantisationCost,
  sha256,
} from "../../engine/index.ts";
import { joinedBytes } from "../../shared/joinedBytes.ts";
import type { PerplexityResult, QuantisationResult, Subject } from "../payloads/measure.ts";
import type { PrunedId } from "../payloads/run.ts";
import { DENSE_ID, samePruned } from "../prunedId.ts";
import type { EncodedText } from "../storage/texts.ts";
import { idOf, type Pruned } from "../run/pruned.ts";

/** Longest window that perplexity is measured with, in tokens; a model's own context may be shorter. */
export const MAX_WINDOW = 512;

/** What is measured, and on what. */
interface PerplexityJob {
  opened: OpenedModel;
  /** Of an architecture: a perplexity of equal masks on equal tokens is taken from the cache. */
  masks?: Masks;
  /** Called only if the model has to run. */
  model: () => Promise<Model>;
  text: EncodedText;
  tokens: number;
}

/** A measurement of what "dense" or "pruned" currently is. */
interface CurrentPerplexityJob extends PerplexityJob {
  subject: Subject;
  id: PrunedId;
}

/** memoryBytes and plannedBytes limit what both models may take. */
interface QuantisationJob extends Pick<PerplexityJob, "opened" | "text" | "tokens"> {
  memoryBytes: number | undefined;
  plannedBytes: number | undefined;
}

export interface PerplexityWatch {
  cancelled: () => boolean;
  onWindow?: (done: number, of: number) => void;
}

export class Perplexities {
  /** Longest window in tokens; less than MAX_WINDOW where memory is short. */
  window = MAX_WINDOW;
  private readonly latest = new Map<Subject, { id: PrunedId; result: PerplexityResult; asked: number }>();
  /** Of architectures, by everything that a perplexity depends on. */
  private readonly cache = new Map<string, PerplexityResult>();

  /** Measures the current dense or pruned model. Throws "cancelled". */
  async measure(ctx: Ctx, job: CurrentPerplexityJob, watch: PerplexityWatch): Promise<PerplexityResult> {
    const result = await this.measureOnce(ctx, job, watch);
    this.latest.set(job.subject, { id: job.id, result, asked: job.tokens });
    return result;
  }

  /** A perplexity, from the cache if it was measured before. Throws "cancelled" between windows. */
  async measureOnce(ctx: Ctx, job: PerplexityJob, watch: PerplexityWatch): Promise<PerplexityResult> {
    const key = await this.keyOf(job);
    const before = key === null ? undefined : this.cache.get(key);
    if (before) return before;
    const model = await job.model();
    const options = { context: Math.min(this.window, model.config.context), ...watch };
    const { value, context, tokens } = await namingSpoilt(job.opened.weights, () =>
      perplexity(ctx, model, job.text.ids.subarray(0, job.tokens), options),
    );
    const { quantised } = job.opened.model;
    const common = { text: refOf(job.text), context, tokens, beginToken: false };
    const result = { value, ...common, ...(quantised ? { quantised } : {}) };
    if (key !== null) this.cache.set(key, result);
    return result;
  }

  /** Forgets the latest dense and pruned perplexities. */
  forget(): void {
    this.latest.clear();
  }

  /** The latest perplexity of this pruning on this text, if it was measured. */
  prunedOf(text: EncodedText, of: Pruned): PerplexityResult | undefined {
    const latest = this.latest.get("pruned");
    const same = latest && samePruned(latest.id, idOf(of)) && latest.result.text.sha256 === text.sha256;
    return same ? latest.result : undefined;
  }

  /** Dense and pruned on equal tokens of `text`; empty unless both were measured with these masks. */
  pairs(text: EncodedText, of: Pruned): PerplexityPair[] {
    const dense = this.latest.get("dense");
    const pruned = this.latest.get("pruned");
    if (!dense || !pruned || !samePruned(pruned.id, idOf(of))) return [];
    return sameTokens(dense.result, pruned.result) ? [pairOf(text, dense.result, pruned.result)] : [];
  }

  /** Pairs a pruned perplexity with the dense one on equal tokens, which is measured if it is not known. Throws "cancelled". */
  async pairWithDense(
    ctx: Ctx,
    pruned: PerplexityResult,
    { opened, text }: Pick<PerplexityJob, "opened" | "text">,
    watch: PerplexityWatch,
  ): Promise<PerplexityPair> {
    const known = this.latest.get("dense")?.result;
    if (known && sameTokens(known, pruned)) return pairOf(text, known, pruned);
    const dense = { opened, text, tokens: pruned.tokens, model: () => Promise.resolve(opened.model) };
    const result = await this.measure(ctx, { ...dense, subject: "dense", id: DENSE_ID }, watch);
    return pairOf(text, result, pruned);
  }

  /**
   * What quantising on opening costs, on the tokens of the dense perplexity, which is measured if it is not known. memoryBytes, plannedBytes:
   * see `quantisationCost`. Throws "cancelled".
   */
  async quantisation(
    ctx: Ctx,
    { opened, text, tokens, ...limits }: QuantisationJob,
    watch: PerplexityWatch,
  ): Promise<QuantisationResult> {
    const known = this.latest.get("dense");
    const same = known?.asked === tokens && known.result.text.sha256 === text.sha256;
    const dense = { opened, text, tokens, model: () => Promise.resolve(opened.model) };
    const of = same ? known.result : await this.measure(ctx, { ...dense, subject: "dense", id: DENSE_ID }, watch);
    const [ids, context] = [text.ids.subarray(0, tokens), Math.min(this.window, opened.config.context)];
    const cost = await quantisationCost(ctx, { opened, ids, context, quantised: of.value, ...limits, ...watch });
    return { cost, of };
  }

  private async keyOf({ opened, masks, text, tokens }: PerplexityJob): Promise<string | null> {
    if (!masks) return null;
    const parts = [opened.identity, opened.storage, await digestOf(masks), text.sha256, tokens, this.window];
    return parts.join(" ");
  }
}

const refOf = ({ name, sha256: hash }: EncodedText): PerplexityPair["text"] => ({ name, sha256: hash });

function sameTokens(a: PerplexityResult, b: PerplexityResult): boolean {
  return (
    a.text.sha256 === b.text.sha256 && a.tokens === b.tokens && a.context === b.context && a.quantised === b.quantised
  );
}

function pairOf(text: EncodedText, dense: PerplexityResult, pruned: PerplexityResult): PerplexityPair {
  const { context, tokens, quantised } = pruned;
  const common = { text: refOf(text), context, tokens, beginToken: false, ...(quantised ? { quantised } : {}) };
  return { ...common, dense: dense.value, pruned: pruned.value };
}

/** Equal for equal masks only. */
const digestOf = (masks: Masks): Promise<string> => sha256(joinedBytes(masks));
