// Parts shared by the model cards of all methods: front matter, tables, perplexities, checks and the licence note.
import { percent, shortened, whole } from "../../../shared/format.ts";
import type { RecoverRecipe, RecoverScope } from "../../recipes/recoverRecipe.ts";
import { NO_LICENCE } from "./licence.ts";
import type { LlamaCheck, PerplexityPair, ReceiptBase, Share } from "../receipt/receiptTypes.ts";
import type { Form } from "../files/forms.ts";
import type { RecoveryReceipt } from "../receipt/recoveryReceipt.ts";

export function frontMatter({ model }: ReceiptBase): string {
  const identifiers = model.licence.replace(/ \(.*$/, "").split(", ");
  const value = identifiers.length > 1 ? identifiers : identifiers[0];
  const licence = model.licence === NO_LICENCE ? [] : [`license: ${JSON.stringify(value)}`];
  const lines = [...licence, `base_model: ${JSON.stringify(model.name)}`, "tags:", "  - pruning", "  - espalier"];
  return ["---", ...lines, "---"].join("\n");
}

export function perplexities(pairs: readonly PerplexityPair[]): string {
  if (pairs.length === 0) return "Not measured.";
  const types = new Set(pairs.flatMap(({ quantised }) => quantised ?? []));
  const note = `\n\nMeasured with the matrices of both models quantised to ${[...types].join(" and ")}; the files of this export have weights that were not quantised so.`;
  const rows = table(
    ["text", "context", "tokens", "begin token", "dense", "pruned"],
    pairs.map((pair) => [
      oneLine(pair.text.name),
      String(pair.context),
      whole(pair.tokens),
      pair.beginToken ? "yes" : "no",
      pair.dense.toFixed(2),
      pair.pruned.toFixed(2),
    ]),
  );
  return types.size > 0 ? rows + note : rows;
}

/** How the kept weights were changed after pruning; empty where they were not. Ends with a space. */
export function recovered({ recovery }: ReceiptBase): string {
  if (!recovery) return "";
  const { guard, prunedBefore, weightsSha256 } = recovery;
  const slice = `on a slice of the calibration text that was not used for it`;
  return `${changes(recovery).join(" ")} Perplexity was ${prunedBefore.toFixed(2)} before it; ${slice}, ${guard.before.toFixed(2)} before and ${guard.after.toFixed(2)} after. The masks alone do not rebuild this model. SHA-256 of the changed weights: ${weightsSha256}. `;
}

/** A sentence per step of a recovery. */
function changes({ refit, recipe, bestStep }: RecoveryReceipt): string[] {
  const fitted = refit && [
    `Then ${trainedWords({ matrices: refit.matrices })} were refitted by least squares to the base model's activations, without training: ${refit.sequences} sequences of ${refit.tokens} tokens, ridge ${refit.ridge}, seed ${refit.seed}.`,
  ];
  const trained = recipe && [
    `Then a recovery trained ${trainedWords(recipe)} towards the base model's next-token distribution (forward KL)${statesWords(recipe)}: ${bestStep} of ${recipe.steps} steps of ${recipe.tokens} tokens, learning rate ${recipe.learningRate}, seed ${recipe.seed}.`,
  ];
  return [...(fitted ?? []), ...(trained ?? [])];
}

const statesWords = ({ hiddenWeight }: RecoverRecipe): string =>
  hiddenWeight > 0 ? ` and its states before the head (relative error, weight ${hiddenWeight})` : "";

function trainedWords({ matrices, rank }: RecoverScope): string {
  if (rank !== undefined)
    return `low-rank adapters (LoRA, rank ${rank}) on all matrices of every block, now added to them,`;
  return matrices === "all" ? "all matrices of every block" : "the output matrices of attention and MLP of every block";
}

/** What happened to the weights that were kept: the middle of a sentence. */
export const keptWeightsNote = ({ recovery }: ReceiptBase): string =>
  !recovery ? "are unchanged" : `were ${recovery.recipe ? "trained" : "refitted"} towards the base model afterwards`;

export function checks({ checks: all }: ReceiptBase): string {
  if (all.length === 0) return "No checks were made.";
  return table(
    ["form", "weights", "runtime", "tokens", "largest logit difference", "equal argmax"],
    all.map((check) => [
      check.form,
      check.dtype,
      `${oneLine(check.runtime)} ${oneLine(check.version)}`,
      whole(check.tokens),
      check.maxAbsLogitDifference.toExponential(1),
      percent(check.argmaxAgreement),
    ]),
  );
}

/** What the GGUF file of a form stores, as its check found it; empty for other forms. */
export function ggufNotes({ checks: all, perplexity: measured }: ReceiptBase, form: Form): string {
  const check = all.find((one) => one.form === form);
  if (!check?.gguf) return "";
  const { architecture, blockWeights, addedDimensions, withoutAttention, notes } = check.gguf;
  const [pair] = measured;
  const sentences = [
    `The file is in llama.cpp's architecture \`${architecture}\`, with matrices in ${check.dtype}; it stores ${percentOf(blockWeights)} of the base model's block weights.`,
    ...(addedDimensions > 0
      ? [`${whole(addedDimensions)} MLP dimensions of zeros fill up rows, which consist of whole blocks of values.`]
      : []),
    ...(withoutAttention > 0 ? [`${withoutAttention} blocks have no attention left.`] : []),
    ...(check.perplexity === undefined
      ? []
      : [
          `Perplexity of the file as it is quantised: ${check.perplexity.toFixed(2)}${pair ? ` (before: ${pair.pruned.toFixed(2)})` : ""}.`,
        ]),
    ...llamaNote(check.llama),
    ...notes,
  ];
  return sentences.map((sentence) => sentence.replace(/\s+/g, " ")).join(" ");
}

function llamaNote(llama: LlamaCheck | undefined): string[] {
  if (!llama) return [];
  if ("notRun" in llama) return [`The file was not checked in llama.cpp itself: ${llama.notRun}`];
  const { runtime, version, tokens, maxAbsLogProbabilityDifference: difference, argmaxAgreement, textTokens } = llama;
  const text = textTokens === undefined ? "" : `, and made the same ${whole(textTokens)} tokens of a text`;
  return [
    `${runtime} ${version} opened it and computed the same probabilities after ${tokens} tokens (their logarithms differ by up to ${difference.toExponential(1)}; same most probable token: ${percent(argmaxAgreement)})${text}.`,
  ];
}

export function licenceNote({ model }: ReceiptBase): string {
  const name = oneLine(model.name);
  const terms =
    model.licence === NO_LICENCE
      ? `The files of ${name} state no licence; ask its authors before you share this model.`
      : `Licence of ${name}, as stated on its model card: ${oneLine(model.licence)}.`;
  return `${terms} These weights come from ${name} and remain under its licence; Espalier adds no terms of its own.`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** 12 of 48 as "25.0 %". */
export const percentOf = ({ kept, of }: Share): string => percent(kept / of);

/** Characters of a name in a card. */
const LONGEST_NAME = 200;
/** Controls, and marks that turn the direction of the text. */
const INVISIBLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+/gu;

/** Text from outside, made safe for one line or table cell of Markdown: it is shown as it is, whatever markup it contains. */
export function oneLine(text: string): string {
  const line = shortened(text, LONGEST_NAME).replace(INVISIBLE, " ").trim();
  return line.replace(/[\\`*<>[\]|]/g, "\\$&");
}
