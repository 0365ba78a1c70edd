// README.md of an export: a model card with the numbers of the receipt, how to load this form, and the base model's licence.
import { VECTOR_NAMES } from "../../../shared/vectors.ts";
import { whole } from "../../../shared/format.ts";
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
import { emptyModuleNames, emptyModules } from "../../masks/modules.ts";
import { textFile, type OutputFile } from "../files/outputFile.ts";
import { RECEIPT_FILE } from "../receipt/receipt.ts";
import type { Receipt } from "../receipt/receiptTypes.ts";
import type { Form } from "../files/forms.ts";

const FORM_NOTES: Record<Form, string> = {
  masked:
    "This folder contains the **masked** form: tensors have the shapes of the base model, with zeros in all pruned rows and columns. It computes exactly the pruned model and loads wherever the base model does, " +
    'for example with `AutoModelForCausalLM.from_pretrained("this folder")`. It is as large and as slow as the base model; the compact form is smaller.',
  compact:
    "This folder contains the **compact** form: pruned rows and columns are removed, and the tensors `espalier.s1` to `espalier.s5` of each layer list the kept positions in the base model's dimensions. " +
    "Widths differ between layers (`espalier.widths` in config.json). transformers loads the model with `modeling_espalier.py` from this folder: " +
    '`AutoModelForCausalLM.from_pretrained("this folder", trust_remote_code=True)`. It computes exactly the same function as the masked form.',
  onnx:
    "This folder contains the **onnx** form: `onnx/model.onnx` has the cut weights, Gather and ScatterElements nodes that select the kept dimensions, and inputs and outputs for a KV cache. It computes exactly the same function as the masked form. " +
    'Any onnxruntime runs it, and transformers.js loads it without extra code: `pipeline("text-generation", "this folder")`.',
  gguf:
    "This folder contains the **gguf** form: the MLP of each block is cut to its own width, and what else is pruned is zeros, in an architecture of llama.cpp whose blocks may differ in width. " +
    "Load with llama.cpp: `llama-cli -m model.gguf`; programs that are built on it load it as well. It computes the same function as the masked form, except that its weights are rounded to the type of the file.",
  "gguf-masked":
    "This folder contains the **gguf-masked** form: the base model's architecture in GGUF, with zeros for all pruned weights. Load with llama.cpp: `llama-cli -m model.gguf`; programs that are built on it load it as well. " +
    "It is as large and as slow as the base model; the gguf form is smaller.",
};

/** The model card of one form as Markdown with front matter. All numbers are from the receipt. */
export function modelCard(receipt: Receipt, form: Form): string {
  const { model, kept, recipe, program } = receipt;
  const name = oneLine(model.name);
  const blocks = kept.blockWeights;
  return [
    frontMatter(receipt),
    `# ${name}, pruned to ${percentOf(blocks)} of its block weights`,
    `Made with ${program.name} ${oneLine(program.version)} by structural pruning (DISP-LLM, arXiv 2410.11988): parts of ${name} were removed; the remaining weights ${keptWeightsNote(receipt)}.`,
    `${FORM_NOTES[form]}${adapterNote(receipt, form)}`,
    ...[ggufNotes(receipt, form)].filter((note) => note !== ""),
    "## What is kept",
    table(
      ["", "kept", "of", "share"],
      [
        ["block weights", whole(blocks.kept), whole(blocks.of), percentOf(blocks)],
        [
          "entire model (parameters)",
          whole(kept.modelWeights.kept),
          whole(kept.modelWeights.of),
          percentOf(kept.modelWeights),
        ],
        [
          "bytes of the compact form's tensors",
          whole(kept.compactBytes.kept),
          whole(kept.compactBytes.of),
          percentOf(kept.compactBytes),
        ],
      ],
    ),
    table(
      ["block", ...VECTOR_NAMES],
      kept.widths.map((row, block) => [String(block), ...row.map(String)]),
    ),
    ...droppedNote(kept.widths),
    `s1: input of q, k, v; s2: output of o; s3: input of gate and up; s4: input of down; s5: output of down. Full widths: ${model.dModel}, and ${model.dMlp} for s4.`,
    "## Perplexity",
    perplexities(receipt.perplexity),
    "## How it was made",
    `${gatesText(recipe)}${recipe.estimator} estimator, ${receipt.trainedSteps} of ${recipe.steps} steps of ${recipe.tokens} tokens on ${oneLine(receipt.calibration.name)}, lambda ${recipe.lambda}, learning rate ${recipe.learningRate}, seed ${recipe.seed}; target: ${receipt.target.value} (${receipt.target.ratio}). ${trainedFor(receipt)}${recovered(receipt)}Adapter: ${oneLine(receipt.adapter)}. \`${RECEIPT_FILE}\` has the complete recipe and the masks.`,
    "## Checks",
    checks(receipt),
    "## Licence",
    licenceNote(receipt),
    "",
  ].join("\n\n");
}

/** Modules of which nothing is kept. */
function droppedNote(widths: Receipt["kept"]["widths"]): string[] {
  const names = emptyModuleNames(emptyModules(widths.flat()));
  return names === ""
    ? []
    : [
        `Nothing is kept of ${names}. The compact and onnx forms have no weights there, the gguf form no attention (but in the first block) and an MLP of width 1, or one block of values, of zeros; the other forms have zeros.`,
      ];
}

/** Where the adapters of a low-rank recovery are; empty without them. Begins with a space. */
const adapterNote = ({ recovery }: Receipt, form: Form): string =>
  form === "masked" && recovery?.recipe?.rank !== undefined && !recovery.refit
    ? " `lora/` has the low-rank adapters of the recovery for peft; they fit the masked form before the recovery, not these weights, which contain them."
    : "";

/** What a run was trained for, where the target alone does not say it. Each sentence ends with a space. */
function trainedFor({ recipe, target, targets = [] }: Receipt): string {
  if (recipe.ratioMode === "every")
    return `One training for every ratio from ${recipe.keepFrom} to ${recipe.keepTo} of the block weights. `;
  const moved = targets.map(([step, ratio]) => `${ratio} from step ${step} on`).join(", ");
  const history = targets.length > 1 ? `The target was moved during the training: ${moved}. ` : "";
  const isPoint = targets.length > 0 && target.ratio === "block weights kept" && target.value !== recipe.keep;
  return isPoint
    ? `${history}The masks are a threshold at ${target.value} on gates that were trained for ${recipe.keep}. `
    : history;
}

/** README.md, ready to be written beside an export. */
export function modelCardFile(receipt: Receipt, form: Form): OutputFile {
  return textFile("README.md", modelCard(receipt, form));
}

/** What differs from the full method, at the start of a sentence. */
function gatesText({ gates, widthMultiple }: Receipt["recipe"]): string {
  const kind = gates === "mlp" ? "MLP widths only (gates mlp), " : `Ablation ${gates}, `;
  const multiple = widthMultiple === 1 ? "" : `MLP widths in multiples of ${widthMultiple}, `;
  return `${gates === "full" ? "" : kind}${multiple}`;
}
