// Compares a GGUF file in llama.cpp with the engine: tokens of a text, and probabilities after the last ids.
import type { WeightType } from "../../dtype.ts";
import { EngineError, type ErrorCode } from "../../errors.ts";
import type { Folder } from "../../formats/files/folder.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { LlamaCheck } from "../../formats/receipt/receiptTypes.ts";

/** A GGUF file in llama.cpp. */
export interface LlamaModel {
  /** Name and version of the runtime, as the receipt states them. */
  readonly runtime: string;
  readonly version: string;
  /** Token ids of a text, without what the tokenizer adds to it; "<s>" in the text is the token. */
  tokenize(text: string): Promise<readonly number[]>;
  /** Log-probabilities (ids.length - first, V) of every token after each of the ids from `first` on; NaN where the runtime has none. */
  logProbabilities(ids: Uint32Array, first: number): Promise<Float32Array>;
  close(): void;
}

/**
 * Opens the file of a folder for `tokens` ids. Throws "format" if llama.cpp refuses the file; "unsupported", "limit" or "out-of-memory" if
 * it cannot run here, or not with a file of this size; "cancelled".
 */
export type LlamaReader = (
  folder: Folder,
  options: { tokens: number; cancelled: () => boolean },
) => Promise<LlamaModel>;

/** A text and its ids by our tokenizer, without what that adds. */
export interface CheckedText {
  content: string;
  ids: ArrayLike<number>;
}

/** Characters of a text whose tokens are compared. */
const TEXT_LENGTH = 2000;

/** The beginning of a text, to compare its tokens. */
export function checkedText(tokenizer: Pick<Tokenizer, "encode">, text: string): CheckedText {
  // not half of a surrogate pair
  const content = text.slice(0, TEXT_LENGTH).replace(/[\uD800-\uDBFF]$/, "");
  return { content, ids: tokenizer.encode(content) };
}

/** How many tokens at the end are computed one at a time and compared. */
const COMPARED = 16;
/** Tokens that are less probable than this are not compared. */
const LEAST_LOG_PROBABILITY = Math.log(1e-8);

/**
 * How far log-probabilities may differ, as a share of the largest absolute logit. llama.cpp rounds activations to the type of the weights,
 * for quantised ones to Q8_0, and reads GELU from a table of halves.
 */
const LIMITS: Partial<Record<WeightType, number>> = { F32: 5e-4, F16: 5e-3, BF16: 4e-2 };
const QUANTISED_LIMIT = 0.1;
const GELU_LIMIT = 2e-3;
const GELU_ARCHITECTURES = ["gemma", "phi2"];

/** Errors of a reader after which a file counts as not checked, and not as refused. */
const CANNOT_RUN: readonly ErrorCode[] = ["unsupported", "limit", "out-of-memory"];

interface LlamaComparison {
  ids: Uint32Array;
  /** The engine's logits (T, V) of what the file stores. */
  logits: Float32Array;
  text?: CheckedText | undefined;
  /** Element type of most matrices, and general.architecture. */
  type: WeightType;
  architecture: string;
  /** How far off the engine's own logits may be, as a share of the largest: it may store weights in half precision. */
  engineLimit: number;
  cancelled: () => boolean;
}

/** What was found, and why the file must not be offered if llama.cpp computes something else. Throws "cancelled". */
export async function compareInLlama(
  read: LlamaReader,
  folder: Folder,
  comparison: LlamaComparison,
): Promise<{ llama: LlamaCheck; refused?: string }> {
  const { ids, cancelled } = comparison;
  let model: LlamaModel | undefined;
  try {
    model = await read(folder, { tokens: ids.length, cancelled });
    return await compareWith(model, comparison);
  } catch (thrown) {
    const { code, message } = EngineError.from(thrown);
    if (code === "cancelled") throw thrown;
    const why = { llama: { notRun: message } };
    return CANNOT_RUN.includes(code) ? why : { ...why, refused: message };
  } finally {
    model?.close();
  }
}

async function compareWith(
  model: LlamaModel,
  comparison: LlamaComparison,
): Promise<{ llama: LlamaCheck; refused?: string }> {
  const { ids, logits, text } = comparison;
  const { runtime, version } = model;
  const first = Math.max(0, ids.length - COMPARED);
  const rows = ids.length - first;
  const vocab = logits.length / ids.length;
  const found = await model.logProbabilities(ids, first);
  if (found.some(Number.isNaN))
    return { llama: { notRun: `${runtime} has no numbers for probabilities of logits above 88.` } };
  const compared = compareRows(logits.subarray(first * vocab), found, rows);
  const llama: LlamaCheck = {
    ...{ runtime, version, tokens: rows },
    maxAbsLogProbabilityDifference: compared.difference,
    argmaxAgreement: compared.equalArgmax,
    ...(text ? { textTokens: text.ids.length } : {}),
  };
  const limit = limitOf(comparison) * compared.largest;
  if (!(compared.difference <= limit))
    return {
      llama,
      refused: `${runtime} computes other probabilities than the engine: their logarithms differ by up to ${compared.difference.toPrecision(3)}, more than ${limit.toPrecision(3)}. Prepare it again; if that does not help, report it.`,
    };
  const wrong = text && differenceOf(text.ids, await model.tokenize(text.content));
  return wrong === undefined ? { llama } : { llama, refused: `${runtime} makes other tokens of a text: ${wrong}.` };
}

function limitOf({ type, architecture, engineLimit }: LlamaComparison): number {
  const gelu = GELU_ARCHITECTURES.includes(architecture) ? GELU_LIMIT : 0;
  return Math.max(LIMITS[type] ?? QUANTISED_LIMIT, gelu, 2 * engineLimit);
}

/** Compares probable tokens of each row; `largest` is the largest absolute logit. */
function compareRows(
  logits: Float32Array,
  logProbabilities: Float32Array,
  rows: number,
): { difference: number; equalArgmax: number; largest: number } {
  const vocab = logits.length / rows;
  let [difference, equal, largest] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const [ours, theirs] = [logits, logProbabilities].map((all) => all.subarray(row * vocab, (row + 1) * vocab));
    if (!ours || !theirs) continue;
    const most = ours.reduce((max, value) => Math.max(max, value), -Infinity);
    const sum = most + Math.log(ours.reduce((total, value) => total + Math.exp(value - most), 0));
    const best = theirs.reduce((max, value) => Math.max(max, value), -Infinity);
    if (theirs.indexOf(best) === ours.indexOf(most)) equal += 1;
    for (let token = 0; token < vocab; token++) {
      largest = Math.max(largest, Math.abs(ours[token]!));
      const expected = ours[token]! - sum;
      if (expected >= LEAST_LOG_PROBABILITY) difference = Math.max(difference, Math.abs(theirs[token]! - expected));
    }
  }
  return { difference, equalArgmax: equal / rows, largest };
}

/** Where two lists of ids differ first; undefined if they are equal. */
function differenceOf(ours: ArrayLike<number>, theirs: readonly number[]): string | undefined {
  const length = Math.max(ours.length, theirs.length);
  for (let i = 0; i < length; i++)
    if (ours[i] !== theirs[i])
      return `token ${i} is ${theirs[i] ?? "missing"} instead of ${ours[i] ?? "none"}, of ${ours.length}`;
  return undefined;
}
