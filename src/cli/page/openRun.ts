// The page's side of a run, for all methods: opens the model and its texts, measures perplexity, and collects what a receipt needs.
import {
  type CheckedText,
  checkedText,
  type ExportedForm,
  licenceOf,
  type LlamaReader,
  type MatmulTable,
  matmulText,
  type Model,
  namingSpoilt,
  type OpenedModel,
  perplexity,
  type PerplexityPair,
  type QuantisationCost,
  quantisationCost,
  quantisationText,
  type WeightStorage,
  requireOwnWeights,
  sha256,
  type TextRef,
} from "../../engine/index.ts";
import { llamaReader } from "../../verify/llamaModel.ts";
import { CHECK_TOKENS, choiceOf, type FormAnswer, formAnswer } from "./forms.ts";
import { ServedCheckpoints } from "./checkpoints.ts";
import { type FollowedPlan, type ModelOnGpu, openOnGpu } from "./openOnGpu.ts";
import type { Reporter, RunReport } from "./reports.ts";
import type { NamedText, RunRequest } from "./runRequest.ts";

/** The result of a run of any method. */
export interface RunAnswer {
  adapter: string;
  matmul: string;
  precision: WeightStorage;
  plan: FollowedPlan;
  /** What quantising the matrices on opening costs in perplexity; missing where they were not. */
  quantisation?: QuantisationCost;
  /** The ratio that was reached, and the kept share of the entire model. */
  keptBlocks: number;
  keptModel: number;
  perplexity: { text: string; context: number; tokens: number; dense: number; pruned: number };
  forms: FormAnswer[];
  /** Notes on the model's files. */
  notes: readonly string[];
}

/** Dense and pruned perplexity on the evaluation text. */
export type MeasuredPair = Omit<PerplexityPair, "text" | "beginToken">;

export interface OpenRun extends ModelOnGpu {
  quantisation?: QuantisationCost;
  /** Token ids of the calibration text. */
  calibration: Uint32Array;
  checkpoints?: ServedCheckpoints;
  /** Perplexity of the dense model. */
  dense: number;
  /** Measures a pruned model; dense perplexity is already known. */
  measure(pruned: Model): Promise<MeasuredPair>;
  /** Both in the form of a receipt. */
  pair(measured: MeasuredPair): Promise<PerplexityPair>;
  /** Export options that every method shares, with what was measured. */
  exportOptions(measured?: MeasuredPair): Promise<RunExportOptions>;
  /** Prints a note. */
  notice(text: string): void;
  answer(measured: MeasuredPair, forms: readonly ExportedForm[]): Omit<RunAnswer, "keptBlocks" | "keptModel">;
}

type RunExportOptions = ReturnType<typeof choiceOf> & {
  ids: Uint32Array;
  receipt: {
    version: string;
    adapter: string;
    matmul: MatmulTable;
    host: string;
    modelName: string;
    licence: string;
    calibration: TextRef;
    perplexity: PerplexityPair[];
  };
  perplexityOf: (model: Model) => Promise<number>;
  openLlama: LlamaReader;
  text: CheckedText;
  onProgress: (done: number, of: number, note: string) => void;
};

/** Opens the model, encodes the texts and measures the dense model. `check` may refuse the opened model before that. Throws EngineErrors. */
export async function openRun(
  request: RunRequest,
  report: Reporter,
  check: (opened: OpenedModel) => void = () => undefined,
): Promise<OpenRun> {
  const { ctx, opened, plan } = await openOnGpu(request, report);
  if (request.recoveryPlan) requireOwnWeights(opened.model, "A recovery");
  check(opened);
  const { config, tokenizer } = opened;
  const idsOf = ({ content }: NamedText): Uint32Array => Uint32Array.from(tokenizer.encode(content));
  const [calibration, all] = [idsOf(request.text), idsOf(request.evaluation)];
  const evaluation = all.subarray(0, request.evaluationTokens);
  const context = Math.min(request.context, config.context);
  const measure = measureOf({ ctx, opened, report }, evaluation, context);
  const dense = (await measure(opened.model, "dense perplexity")).value;
  const quantisation = await costOf({ ctx, opened, report }, evaluation, { ...request, context, quantised: dense });
  const { quantised } = opened.model;
  const pair = async (measured: MeasuredPair): Promise<PerplexityPair> => ({
    text: await textOf(request.evaluation),
    beginToken: false,
    ...measured,
  });
  const notice = (text: string): void => report({ notice: text });
  return {
    ...{ ctx, opened, plan, calibration, pair, notice },
    ...(quantisation ? { quantisation } : {}),
    ...(request.checkpoints ? { checkpoints: new ServedCheckpoints(request.checkpoints, notice) } : {}),
    dense,
    measure: async (model) => {
      const pruned = await measure(model, "pruned perplexity");
      return { context, tokens: pruned.tokens, dense, pruned: pruned.value, ...(quantised ? { quantised } : {}) };
    },
    exportOptions: async (measured) => ({
      ids: evaluation.slice(0, CHECK_TOKENS),
      ...choiceOf(request),
      receipt: {
        version: __APP_VERSION__,
        adapter: ctx.gpu.facts.name,
        matmul: ctx.matmulTable,
        host: request.host,
        modelName: opened.name,
        licence: await licenceOf(opened.folder),
        calibration: await textOf(request.text),
        perplexity: measured ? [await pair(measured)] : [],
      },
      perplexityOf: async (model) => (await measure(model, "pruned perplexity")).value,
      openLlama: llamaReader,
      text: checkedText(tokenizer, request.evaluation.content),
      onProgress: (done, of, note) => report({ stage: "export", done, of, note }),
    }),
    answer: (measured, forms) => ({
      ...{ adapter: ctx.gpu.facts.name, matmul: matmulText(ctx.matmulTable) },
      ...{ precision: request.precision, plan },
      ...(quantisation ? { quantisation } : {}),
      perplexity: { text: request.evaluation.name, ...measured },
      forms: forms.map(formAnswer),
      notes: opened.notes,
    }),
  };
}

/** Measures a model of the run; an error of a loss that is not finite names the weight that causes it. */
const measureOf =
  (
    { ctx, opened, report }: Pick<OpenRun, "ctx" | "opened"> & { report: Reporter },
    ids: Uint32Array,
    context: number,
  ) =>
  (model: Model, stage: RunReport["stage"]): ReturnType<typeof perplexity> =>
    namingSpoilt(opened.weights, () =>
      perplexity(ctx, model, ids, { context, onWindow: (done, of) => report({ stage, done, of }) }),
    );

/** What quantising on opening costs; undefined where nothing was quantised. Printed as a note too. */
export async function costOf(
  { ctx, opened, report }: Pick<OpenRun, "ctx" | "opened"> & { report: Reporter },
  ids: Uint32Array,
  given: { context: number; quantised: number; memoryBytes?: number },
): Promise<QuantisationCost | undefined> {
  if (!opened.model.quantised) return undefined;
  const onWindow = (done: number, of: number): void =>
    report({ stage: "dense perplexity", done, of, note: "with the weights of the file" });
  const { context, quantised, memoryBytes } = given;
  const cost = await quantisationCost(ctx, { ...{ opened, ids, context, quantised, memoryBytes }, onWindow });
  report({ notice: quantisationText(cost) });
  return cost;
}

async function textOf({ name, content }: NamedText): Promise<TextRef> {
  return { name, sha256: await sha256(new TextEncoder().encode(content)) };
}
