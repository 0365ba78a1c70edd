// What every part of the lab gets: the files that it reads, how thorough it is, and where it reports.
import type { Ctx, Folder } from "../engine/index.ts";
import { type ModelConfig, openModel, type OpenedModel, tuneModel } from "../engine/index.ts";
import { LLAMA32_1B, syntheticModel, type SyntheticShape, SMOLLM2_135M } from "./syntheticModel.ts";

/** What the lab reads, opened by its host. */
export interface LabInput {
  /** Names the host: Dawn in Node, a browser. */
  host: string;
  /** The card's name, where its driver's tools give it. */
  card?: string;
  goldens: readonly Folder[];
  /** The embedded model. Models with random weights take its tokenizer. */
  small: Folder;
  /** What is trained and decoded; its beginning is enough. */
  text: string;
  /** Few sizes and repetitions, for software adapters. */
  quick: boolean;
  /** Takes the kernels of graphics cards on a software adapter too, to check them. */
  asCard: boolean;
  /** Rows of the matmuls that are timed. Default: 128 to 4096. */
  sweepRows?: readonly number[];
}

export interface PartInput extends LabInput {
  log: (line: string) => void;
  /** Reports that `done` of `of` pieces are done, and what is next. Throws "cancelled" once the lab was stopped. */
  progress: (done: number, of: number, what?: string) => void;
}

export type LabPartRun<T> = (ctx: Ctx, input: PartInput) => Promise<T>;

/** Enough for steps of 4096 tokens; encoding more takes seconds. */
const TEXT_CHARACTERS = 200_000;

/** An opened model and the lab's text in its tokens. */
export interface LabModel {
  opened: OpenedModel;
  ids: Uint32Array;
}

/** A window of the studio's perplexity. */
const EVALUATION_TOKENS = 512;

/** Chooses kernels for a model as the studio does, for training steps of `tokens` tokens. */
export async function tuneFor(
  ctx: Ctx,
  { host }: Pick<LabInput, "host">,
  config: ModelConfig,
  tokens: number,
): Promise<void> {
  const lengths = { trainingTokens: tokens, evaluationTokens: Math.min(EVALUATION_TOKENS, config.context) };
  await tuneModel(ctx, config, { ...lengths, precision: "f32", browser: host });
}

/** Opens a model with random weights, or the embedded one, with kernels that are chosen for steps of `tokens` tokens. */
export async function openLabModel(
  ctx: Ctx,
  input: Pick<LabInput, "small" | "text" | "host">,
  shape: SyntheticShape | "embedded",
  tokens: number,
): Promise<LabModel> {
  const { small, text } = input;
  const folder =
    shape === "embedded" ? small : syntheticModel(nameOf(shape), shape, await small.open("tokenizer.json"));
  const opened = await openModel(ctx, folder, { onConfig: (config) => tuneFor(ctx, input, config, tokens) });
  return { opened, ids: Uint32Array.from(opened.tokenizer.encode(text.slice(0, TEXT_CHARACTERS))) };
}

const NAMES = new Map([
  [SMOLLM2_135M, "smollm2-135m"],
  [LLAMA32_1B, "llama-3.2-1b"],
]);
const nameOf = (shape: SyntheticShape): string => NAMES.get(shape) ?? `random-${shape.layers}x${shape.d}`;

/** The model of most measurements: the shape of SmolLM2-135M, or the embedded one for a quick try. */
export const mainShape = ({ quick }: Pick<LabInput, "quick">): SyntheticShape | "embedded" =>
  quick ? "embedded" : SMOLLM2_135M;
