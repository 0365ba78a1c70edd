// README.md of a model with pruned single weights: the numbers of the receipt, and what zeros do and do not bring.
import { whole } from "../../../shared/format.ts";
import { METHOD_NAMES, parsePattern, type WeightMethod } from "../../recipes/weightRecipe.ts";
import {
  checks,
  frontMatter,
  ggufNotes,
  keptWeightsNote,
  licenceNote,
  oneLine,
  percentOf,
  perplexities,
  recovered,
  table,
} from "./cardParts.ts";
import { textFile, type OutputFile } from "../files/outputFile.ts";
import { RECEIPT_FILE } from "../receipt/receipt.ts";
import type { Share } from "../receipt/receiptTypes.ts";
import type { WeightForm, WeightReceipt } from "../receipt/weightReceipt.ts";

const PAPERS: Record<WeightMethod, string> = {
  dass: "arXiv 2405.01943",
  wanda: "arXiv 2306.11695",
  magnitude: "removes the smallest weights",
  sparsegpt: "arXiv 2301.00774",
};

/** How a form loads: the beginning of a sentence. */
const LOADS: Record<WeightForm, string> = {
  masked:
    'It loads wherever the base model does, for example with `AutoModelForCausalLM.from_pretrained("this folder")`',
  "gguf-masked": "llama.cpp and programs that are built on it load it as it is (`llama-cli -m model.gguf`)",
};

/** The model card as Markdown with front matter. */
export function weightCard(receipt: WeightReceipt, form: WeightForm = "masked"): string {
  const { model, kept, recipe, program, updated, recovery } = receipt;
  const updatedBy = updated && !recovery;
  const name = oneLine(model.name);
  const row = (what: string, share: Share): string[] => [what, whole(share.kept), whole(share.of), percentOf(share)];
  const pattern = parsePattern(recipe.pattern);
  const along =
    recipe.method === "dass"
      ? "along the outputs (the intermediate dimension) in gate and up, along the inputs in down"
      : "along the inputs of each output";
  const lost =
    pattern.kind === "groups"
      ? `${pattern.removed} of every ${pattern.size} consecutive weights of the MLP's matrices are zero; groups run ${along}`
      : `${recipe.pattern} of the weights of the MLP's matrices are zero, chosen ${along}`;
  return [
    frontMatter(receipt),
    `# ${name}, ${recipe.pattern} of its MLP weights zero`,
    `Made with ${program.name} ${oneLine(program.version)} by ${METHOD_NAMES[recipe.method]} (${PAPERS[recipe.method]}): ${lost}. ${updatedBy ? "The remaining weights were updated to compensate." : `The remaining weights ${keptWeightsNote(receipt)}.`}`,
    `This folder contains dense tensors in the shapes of the base model, with zeros for the pruned weights. ${LOADS[form]}, and it is as large and as slow as the base model: common runtimes gain no speed from zeros, including 2:4.`,
    ...[ggufNotes(receipt, form)].filter((note) => note !== ""),
    "## What is kept",
    table(
      ["", "kept", "of", "share"],
      [
        row("MLP weights", kept.mlpWeights),
        row("block weights", kept.blockWeights),
        row("entire model (parameters)", kept.modelWeights),
      ],
    ),
    "## Perplexity",
    perplexities(receipt.perplexity),
    "## How it was made",
    `${recipe.method === "magnitude" ? "No calibration." : `${recipe.sequences} sequences of ${recipe.tokens} tokens of ${oneLine(receipt.calibration.name)}, seed ${recipe.seed}; each block was calibrated on activations of the already pruned blocks before it.`} ${recovered(receipt)}Adapter: ${oneLine(receipt.adapter)}. \`${RECEIPT_FILE}\` has the complete recipe and the masks.`,
    "## Checks",
    checks(receipt),
    "## Licence",
    licenceNote(receipt),
    "",
  ].join("\n\n");
}

/** README.md, ready to be written beside an export. */
export function weightCardFile(receipt: WeightReceipt, form: WeightForm): OutputFile {
  return textFile("README.md", weightCard(receipt, form));
}
