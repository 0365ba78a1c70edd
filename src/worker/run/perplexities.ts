// Perplexities of the dense and the pruned model: measured with progress, remembered with what they are of, paired for the receipt.
import {
  type Ctx,
  type Masks,
  type Model,
  type OpenedModel,
  perplexity,
  type PerplexityPair,
  sha256,
} from "../../engine/index.ts";
import { reporter } from "../progress.ts";
import { idOf, type Pruned } from "./prunedModel.ts";
import { DENSE_ID, samePruned } from "../prunedId.ts";
import type { PerplexityResult, PrunedId, Subject, WorkerEvent } from "../protocol.ts";
import type { EncodedText } from "../storage/texts.ts";

/** Longest window that perplexity is measured with; shorter where the model's own context is. */
export const MAX_WINDOW = 512;

/** A perplexity to be read: of which model, on what. */
export interface PerplexityJob {
  opened: OpenedModel;
  /** Of an architecture: the same masks on the same tokens are read once only. */
  masks?: Masks;
  /** Asked for only where it has to run. */
  model: () => Promise<Model>;
  text: EncodedText;
  tokens: number;
}

/** What is measured, and which masks it has. */
export interface NamedPerplexityJob extends PerplexityJob {
  subject: Subject;
  id: PrunedId;
}

interface Watch {
  cancelled: () => boolean;
  onWindow?: (done: number, of: number) => void;
}

export class Perplexities {
  /** Longest window; shorter where memory asks for it. */
  window = MAX_WINDOW;
  private readonly known = new Map<Subject, { id: PrunedId; result: PerplexityResult }>();
  /** Of architectures, by all that a perplexity depends on. */
  private readonly read = new Map<string, PerplexityResult>();

  constructor(private readonly send: (event: WorkerEvent) => void) {}

  /** Measures what "dense" or "pruned" means now, and tells the page. */
  async measure(ctx: Ctx, of: NamedPerplexityJob, cancelled: () => boolean): Promise<PerplexityResult> {
    const { subject, id } = of;
    const report = reporter("perplexity", "windows", (progress) => this.send({ type: "progress", progress }));
    const onWindow = (done: number, total: number): void => report(done, total, subject);
    const result = await this.reading(ctx, of, { cancelled, onWindow });
    this.known.set(subject, { id, result });
    this.send({ type: "perplexity", subject, result, of: id });
    return result;
  }

  /** A perplexity, from memory where it was read before. Throws "cancelled" between windows. */
  async reading(ctx: Ctx, of: PerplexityJob, watch: Watch): Promise<PerplexityResult> {
    const key = await this.keyOf(of);
    const before = key === null ? undefined : this.read.get(key);
    if (before) return before;
    const model = await of.model();
    const found = await perplexity(ctx, model, of.text.ids.subarray(0, of.tokens), {
      context: Math.min(this.window, model.config.context),
      ...watch,
    });
    const { value, context, tokens } = found;
    const result = { value, text: of.text.name, context, tokens, bosAdded: false };
    if (key !== null) this.read.set(key, result);
    return result;
  }

  /** Forgets what "dense" and "pruned" were measured at. */
  forget(): void {
    this.known.clear();
  }

  /** Dense and pruned on the same tokens, where both were measured for these masks. */
  pairs(text: EncodedText, of: Pruned): PerplexityPair[] {
    const dense = this.known.get("dense");
    const pruned = this.known.get("pruned");
    if (!dense || !pruned || !samePruned(pruned.id, idOf(of))) return [];
    return sameTokens(dense.result, pruned.result) ? [pairOf(text, dense.result, pruned.result)] : [];
  }

  /** A pruned reading with the dense model's on the same tokens, which is read where it is not known. Throws "cancelled". */
  async paired(
    ctx: Ctx,
    pruned: PerplexityResult,
    { opened, text }: Pick<PerplexityJob, "opened" | "text">,
    watch: Watch,
  ): Promise<PerplexityPair> {
    const known = this.known.get("dense")?.result;
    if (known && sameTokens(known, pruned)) return pairOf(text, known, pruned);
    const dense = { opened, text, tokens: pruned.tokens, model: () => Promise.resolve(opened.model) };
    const result = await this.reading(ctx, dense, watch);
    this.known.set("dense", { id: DENSE_ID, result });
    return pairOf(text, result, pruned);
  }

  private async keyOf({ opened, masks, text, tokens }: PerplexityJob): Promise<string | null> {
    if (!masks) return null;
    const parts = [opened.fingerprint, opened.model.precision, await digestOf(masks), text.sha256, tokens, this.window];
    return parts.join(" ");
  }
}

function sameTokens(a: PerplexityResult, b: PerplexityResult): boolean {
  return a.text === b.text && a.tokens === b.tokens && a.context === b.context;
}

function pairOf(
  { name, sha256: hash }: EncodedText,
  dense: PerplexityResult,
  pruned: PerplexityResult,
): PerplexityPair {
  const { context, tokens } = pruned;
  const text = { name, sha256: hash };
  return { text, context, tokens, beginToken: false, dense: dense.value, pruned: pruned.value };
}

/** Equal for equal masks only. */
async function digestOf(masks: Masks): Promise<string> {
  const bytes = new Uint8Array(masks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const mask of masks) {
    bytes.set(mask, at);
    at += mask.length;
  }
  return sha256(bytes);
}
