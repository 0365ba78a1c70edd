// README.md of an export: a model card with the receipt's numbers, how to load this form, and the licence of the base model.
import { whole } from "../../../shared/format.ts";
import { VECTOR_NAMES } from "../../masks/gates.ts";
import { checks, frontMatter, licenceNote, oneLine, percentOf, perplexities, table } from "./cardParts.ts";
import { textFile, type OutputFile } from "../files/outputFile.ts";
import { RECEIPT_FILE, type Form, type Receipt } from "../receipt/receipt.ts";

const FORM_NOTES: Record<Form, string> = {
  masked:
    "This folder is the **masked** form: the shapes of the base model, with zeros in every pruned row and column. It computes exactly the pruned model and loads wherever the base model does, " +
    'for instance with `AutoModelForCausalLM.from_pretrained("this folder")`. It is as large and as slow as the base model; the compact form is the small one.',
  compact:
    "This folder is the **compact** form: the pruned rows and columns are cut out, and `model.layers.{l}.espalier.s1` to `s5` list which positions of the base model's dimensions stay. " +
    "The widths differ from block to block (`espalier.widths` in config.json), and `modeling_espalier.py` in this folder is what transformers needs to load it: " +
    '`AutoModelForCausalLM.from_pretrained("this folder", trust_remote_code=True)`. It computes exactly what the masked form does; Espalier reads it too.',
  onnx:
    "This folder is the **onnx** form: `onnx/model.onnx` has the cut weights with Gather and ScatterElements around them, and inputs and outputs for a KV cache. It computes exactly what the masked form does. " +
    'onnxruntime runs it everywhere, and transformers.js as it stands: `pipeline("text-generation", "this folder")`.',
};

/** The model card of one form as Markdown with front matter; the numbers are the receipt's and nothing else. */
export function modelCard(receipt: Receipt, form: Form): string {
  const { model, kept, recipe, program } = receipt;
  const name = oneLine(model.name);
  const blocks = kept.blockWeights;
  return [
    frontMatter(receipt),
    `# ${name}, pruned to ${percentOf(blocks)} of its block weights`,
    `Made with ${program.name} ${oneLine(program.version)} by structural pruning (DISP-LLM, arXiv 2410.11988): parts of ${name} were removed, and no remaining weight was changed.`,
    FORM_NOTES[form],
    "## What is kept",
    table(
      ["", "kept", "of", "share"],
      [
        ["block weights", whole(blocks.kept), whole(blocks.of), percentOf(blocks)],
        [
          "whole model (parameters)",
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
    `s1: input of q, k, v; s2: output of o; s3: input of gate and up; s4: input of down; s5: output of down. Full widths: ${model.dModel}, and ${model.dMlp} for s4.`,
    "## Perplexity",
    perplexities(receipt.perplexity),
    "## How it was made",
    `${recipe.gates === "full" ? "" : `Ablation ${recipe.gates}, `}${recipe.estimator} estimator, ${receipt.trainedSteps} of ${recipe.steps} steps of ${recipe.tokens} tokens on ${oneLine(receipt.calibration.name)}, lambda ${recipe.lambda}, learning rate ${recipe.learningRate}, seed ${recipe.seed}; asked for: ${receipt.target.value} (${receipt.target.ratio}). Adapter: ${oneLine(receipt.adapter)}. All of it, and the masks, are in \`${RECEIPT_FILE}\`.`,
    "## Checks",
    checks(receipt),
    "## Licence",
    licenceNote(receipt),
    "",
  ].join("\n\n");
}

/** README.md, ready to be written beside an export. */
export function modelCardFile(receipt: Receipt, form: Form): OutputFile {
  return textFile("README.md", modelCard(receipt, form));
}
