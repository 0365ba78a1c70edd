// What runs of every method share on the page's side: the model and its texts opened, perplexity before and after, what a receipt needs.
import {
  approvePlan,
  Ctx,
  DEFAULT_RECIPE,
  type ExportedForm,
  Gpu,
  licenceOf,
  type Model,
  openModel,
  type OpenedModel,
  perplexity,
  type PerplexityPair,
  type Precision,
  sha256,
  type TextRef,
  tuneMatmul,
} from "../../engine/index.ts";
import { CHECK_TOKENS, choiceOf, type FormAnswer, formAnswer, type FormsRequest } from "./forms.ts";
import { type ServedFolder, servedModel } from "./servedModel.ts";

/** Name and content. */
export interface NamedText {
  name: string;
  content: string;
}

export interface RunRequest extends FormsRequest {
  model: ServedFolder;
  text: NamedText;
  evaluation: NamedText;
  evaluationTokens: number;
  context: number;
  /** Tokens of a training step, for the memory plan; the usual ones where nothing is trained. */
  stepTokens?: number;
  /** How matrices are held on the GPU. */
  precision: Precision;
}

/** What a running command tells the terminal. */
export interface RunReport {
  stage: "open" | "dense perplexity" | "train" | "prune" | "pruned perplexity" | "export";
  done: number;
  of: number;
  note?: string;
}

export type Reporter = (report: RunReport) => void;

/** What every method answers. */
export interface RunAnswer {
  adapter: string;
  matmul: string;
  precision: Precision;
  /** Kept share of the block weights, and of the whole model. */
  keptBlocks: number;
  keptModel: number;
  perplexity: { text: string; context: number; tokens: number; dense: number; pruned: number };
  forms: FormAnswer[];
}

/** Dense beside pruned, on the text that the run names. */
export type MeasuredPair = Omit<PerplexityPair, "text" | "beginToken">;

export interface OpenRun {
  ctx: Ctx;
  opened: OpenedModel;
  /** Ids of the text that is trained or calibrated on. */
  calibration: Uint32Array;
  /** Perplexity of a pruned model beside the dense one's. */
  measure(pruned: Model): Promise<MeasuredPair>;
  /** Both as a receipt says them. */
  pair(measured: MeasuredPair): Promise<PerplexityPair>;
  /** What deliveries of every method take, with what was measured. */
  delivery(measured?: MeasuredPair): Promise<RunDelivery>;
  answer(measured: MeasuredPair, forms: readonly ExportedForm[]): Omit<RunAnswer, "keptBlocks" | "keptModel">;
}

type RunDelivery = ReturnType<typeof choiceOf> & {
  ids: Uint32Array;
  receipt: {
    version: string;
    adapter: string;
    modelName: string;
    licence: string;
    calibration: TextRef;
    perplexity: PerplexityPair[];
  };
  onProgress: (done: number, of: number, note: string) => void;
};

/** Opens the model, encodes the texts and measures the dense model. `check` may refuse the model before that. Throws EngineErrors. */
export async function openRun(
  request: RunRequest,
  report: Reporter,
  check: (opened: OpenedModel) => void = () => undefined,
): Promise<OpenRun> {
  const ctx = new Ctx(await Gpu.open());
  await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
  const folder = await servedModel(request.model);
  const opened = await openModel(ctx, folder, {
    precision: request.precision,
    onConfig: (config) =>
      approvePlan(ctx.gpu.facts, folder.name, config, {
        precision: request.precision,
        trainingTokens: request.stepTokens ?? DEFAULT_RECIPE.tokens,
        evaluationTokens: Math.min(request.context, config.context),
      }),
    onProgress: (done, of) => report({ stage: "open", done, of }),
  });
  check(opened);
  const { config, tokenizer } = opened;
  const calibration = Uint32Array.from(tokenizer.encode(request.text.content));
  const held = Uint32Array.from(tokenizer.encode(request.evaluation.content));
  const evaluation = held.subarray(0, request.evaluationTokens);
  const context = Math.min(request.context, config.context);
  const found = (model: Model, stage: RunReport["stage"]): ReturnType<typeof perplexity> =>
    perplexity(ctx, model, evaluation, { context, onWindow: (done, of) => report({ stage, done, of }) });
  const dense = (await found(opened.model, "dense perplexity")).value;
  const pair = async (measured: MeasuredPair): Promise<PerplexityPair> => ({
    text: await textOf(request.evaluation),
    beginToken: false,
    ...measured,
  });
  return {
    ...{ ctx, opened, calibration, pair },
    measure: async (model) => {
      const pruned = await found(model, "pruned perplexity");
      return { context, tokens: pruned.tokens, dense, pruned: pruned.value };
    },
    delivery: async (measured) => ({
      ids: evaluation.slice(0, CHECK_TOKENS),
      ...choiceOf(request),
      receipt: {
        version: __APP_VERSION__,
        adapter: ctx.gpu.facts.name,
        modelName: opened.name,
        licence: await licenceOf(opened.folder),
        calibration: await textOf(request.text),
        perplexity: measured ? [await pair(measured)] : [],
      },
      onProgress: (done, of, note) => report({ stage: "export", done, of, note }),
    }),
    answer: (measured, forms) => ({
      adapter: ctx.gpu.facts.name,
      matmul: ctx.matmul,
      precision: request.precision,
      perplexity: { text: request.evaluation.name, ...measured },
      forms: forms.map(formAnswer),
    }),
  };
}

async function textOf({ name, content }: NamedText): Promise<TextRef> {
  return { name, sha256: await sha256(new TextEncoder().encode(content)) };
}
