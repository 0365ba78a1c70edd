// Pruning without a window, on the page's side: the same session, architecture, perplexity and delivery as the studio's.
import {
  architectureOf,
  budgetOf,
  byBlock,
  Ctx,
  cutReader,
  deliver,
  type Delivery,
  gateLayout,
  Gpu,
  indexLists,
  keptTotalWeights,
  licenceOf,
  loadModel,
  openModel,
  type OpenedModel,
  perplexity,
  type Precision,
  type Recipe,
  Session,
  sha256,
  tuneMatmul,
} from "../engine/index.ts";
import type { ServedFolder } from "./files.ts";
import { onnxReader } from "../verify/onnxReader.ts";
import { CHECK_TOKENS, choiceOf, type FormAnswer, formAnswer, formPlaces, type FormsRequest } from "./pageForms.ts";
import { servedModel } from "./servedFolder.ts";

export interface PruneRequest extends FormsRequest {
  model: ServedFolder;
  /** Name and content. */
  text: { name: string; content: string };
  evaluation: { name: string; content: string };
  evaluationTokens: number;
  context: number;
  recipe: Recipe;
  /** How matrices are held on the GPU. */
  precision: Precision;
}

export interface PruneAnswer {
  adapter: string;
  matmul: string;
  precision: Precision;
  /** Kept share of the block weights, and of the whole model. */
  keptBlocks: number;
  keptModel: number;
  keptBlockWeights: number;
  perplexity: { text: string; context: number; tokens: number; dense: number; pruned: number };
  steps: number;
  secondsTraining: number;
  msPerStep: number;
  widths: number[][];
  forms: FormAnswer[];
}

/** What a running command tells the terminal. */
export interface PruneReport {
  stage: "open" | "dense perplexity" | "train" | "pruned perplexity" | "export";
  done: number;
  of: number;
  note?: string;
}

const REPORT_MS = 250;

/** Trains, measures, exports. Throws EngineErrors. */
export async function prune(request: PruneRequest, report: (report: PruneReport) => void): Promise<PruneAnswer> {
  const ctx = new Ctx(await Gpu.open());
  await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
  const folder = await servedModel(request.model);
  const { precision } = request;
  const opened = await openModel(ctx, folder, {
    precision,
    onProgress: (done, of) => report({ stage: "open", done, of }),
  });
  const { config, tokenizer } = opened;
  const calibration = Uint32Array.from(tokenizer.encode(request.text.content));
  const evaluation = Uint32Array.from(tokenizer.encode(request.evaluation.content)).subarray(
    0,
    request.evaluationTokens,
  );
  const context = Math.min(request.context, config.context);

  const dense = await perplexity(ctx, opened.model, evaluation, {
    context,
    onWindow: (done, of) => report({ stage: "dense perplexity", done, of }),
  });

  const session = new Session(ctx, opened.model, calibration, request.recipe, opened.fingerprint);
  const began = performance.now();
  let told = -Infinity;
  await session.run({
    due: () => performance.now() - told >= REPORT_MS,
    onReport: ({ metrics, step }) => {
      told = performance.now();
      const last = metrics.at(-1);
      const note = last
        ? `loss ${last.loss.toFixed(3)}  R ${last.penalty.toFixed(3)}  kept ${(100 * last.kept).toFixed(1)} %`
        : "";
      report({ stage: "train", done: step, of: request.recipe.steps, note });
    },
  });
  const secondsTraining = (performance.now() - began) / 1000;

  const budget = budgetOf(config);
  const found = architectureOf(await session.logits(), gateLayout(config), budget, request.recipe.keep);
  const lists = indexLists(found.masks);
  const compact = await loadModel(ctx, config, cutReader(opened.weights, config.family, lists), { lists, precision });
  const pruned = await perplexity(ctx, compact, evaluation, {
    context,
    onWindow: (done, of) => report({ stage: "pruned perplexity", done, of }),
  });
  compact.free();

  const measured = { context, tokens: pruned.tokens, dense: dense.value, pruned: pruned.value };
  const forms = await exportForms(ctx, opened, found.masks, request, session.step, evaluation, measured, report);
  session.free();
  return {
    adapter: ctx.gpu.facts.name,
    matmul: ctx.matmul,
    precision,
    keptBlocks: found.keptWeights / budget.blockWeights,
    keptModel: keptTotalWeights(budget, found.counts) / budget.totalWeights,
    keptBlockWeights: found.keptWeights,
    perplexity: { text: request.evaluation.name, ...measured },
    steps: session.step,
    secondsTraining,
    msPerStep: (1000 * secondsTraining) / request.recipe.steps,
    widths: byBlock(found.counts),
    forms: forms.map(formAnswer),
  };
}

async function exportForms(
  ctx: Ctx,
  opened: OpenedModel,
  masks: ReturnType<typeof architectureOf>["masks"],
  request: PruneRequest,
  trainedSteps: number,
  evaluation: Uint32Array,
  measured: { context: number; tokens: number; dense: number; pruned: number },
  report: (report: PruneReport) => void,
): Promise<Delivery[]> {
  const textOf = async ({
    name,
    content,
  }: {
    name: string;
    content: string;
  }): Promise<{ name: string; sha256: string }> => {
    return { name, sha256: await sha256(new TextEncoder().encode(content)) };
  };
  return deliver(ctx, opened, masks, formPlaces(request), {
    ids: evaluation.slice(0, CHECK_TOKENS),
    openOnnx: onnxReader,
    ...choiceOf(request),
    receipt: {
      version: __APP_VERSION__,
      adapter: ctx.gpu.facts.name,
      modelName: opened.name,
      licence: await licenceOf(opened.folder),
      recipe: request.recipe,
      target: { ratio: "block weights kept", value: request.recipe.keep },
      trainedSteps,
      calibration: await textOf(request.text),
      perplexity: [{ text: await textOf(request.evaluation), beginToken: false, ...measured }],
    },
    onProgress: (done, of, note) => report({ stage: "export", done, of, note }),
  });
}
