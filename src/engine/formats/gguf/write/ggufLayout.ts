// Which llama.cpp architecture a model is written in, and why a model cannot be written in one. What is accepted here ran in llama.cpp.
import { EngineError } from "../../../errors.ts";
import type { ModelConfig } from "../../../config/config.ts";
import { type RopeScaling, yarnAttention } from "../../../config/ropeFrequencies.ts";
import { ggufFamilyOf } from "../ggufFamilies.ts";

/** The architecture of a file, and how its tensors differ from those of transformers. */
export interface GgufLayout {
  /** general.architecture, and the prefix of the metadata keys. */
  readonly architecture: string;
  /** Whether every block has its own MLP width and number of heads; otherwise all have the dense model's. */
  readonly perBlock: boolean;
  /** Rows of q and k are stored in pairs that RoPE rotates, not in two halves of a head. */
  readonly pairedRows: boolean;
  /** q, k and v are one matrix. */
  readonly fused: boolean;
  /** Number that is added to the weights of norms. */
  readonly normShift: number;
  /** Whether a block may have no attention (0 heads). */
  readonly dropsAttention: boolean;
}

/** llama.cpp reads a divisor for each frequency of RoPE (`rope_freqs.weight`) in these architectures only. */
const WITH_ROPE_FACTORS: readonly string[] = ["llama", "deci"];

/** LLaMA's mathematics with heads and MLP width per block (DeciLM, Llama-3.1-Nemotron). */
const DECI: GgufLayout = {
  ...{ architecture: "deci", perBlock: true, pairedRows: true, fused: false, normShift: 0, dropsAttention: true },
};
/** The same with q, k and v in one matrix, norms over their heads, and the embedding as its head (OpenELM). */
const OPENELM: GgufLayout = { ...DECI, architecture: "openelm", pairedRows: false, fused: true, dropsAttention: false };

const COMPACT: Partial<Record<ModelConfig["family"], GgufLayout>> = {
  llama: DECI,
  mistral: DECI,
  qwen2: DECI,
  qwen3: OPENELM,
};
const INSTEAD = "Export gguf-masked, which keeps the widths and computes the same.";

/** YaRN's settings in llama.cpp, unless a file states others. */
const YARN_BETAS = { betaFast: 32, betaSlow: 1 };

/**
 * The architecture with widths per block for a cut model. Throws "unsupported" naming the field of config.json that no such architecture
 * of llama.cpp computes.
 */
export function compactLayout(config: ModelConfig): GgufLayout {
  const layout = COMPACT[config.family];
  if (!layout) {
    const known = Object.keys(COMPACT).join(", ");
    throw refused("gguf", "model_type", `one of ${known}, whose blocks may differ in width`, config.modelType, INSTEAD);
  }
  if (hasWindow(config)) {
    const expected = `none, because llama.cpp's ${layout.architecture} attends to all tokens`;
    throw refused("gguf", "sliding_window", expected, config.window, INSTEAD);
  }
  if (layout === OPENELM && !config.tiedHead) {
    const expected = "true, because llama.cpp's openelm has no head of its own";
    throw refused("gguf", "tie_word_embeddings", expected, false, INSTEAD);
  }
  if (layout === OPENELM && config.rope?.scaling) {
    const expected = "none, because llama.cpp's openelm does not scale RoPE";
    throw refused("gguf", "rope_scaling", expected, config.rope.scaling.type, INSTEAD);
  }
  checkCommon("gguf", layout.architecture, config);
  return layout;
}

/** The model's own architecture, for weights with zeros. Throws "unsupported" naming what llama.cpp does not compute. */
export function maskedLayout(config: ModelConfig): GgufLayout {
  const family = ggufFamilyOf(config.family);
  if (!family) {
    const expected = "a family whose GGUF files are written";
    throw refused("gguf-masked", "model_type", expected, config.modelType, "Export the masked or the onnx form.");
  }
  const { name: architecture, pairedRows, normShift } = family;
  checkCommon("gguf-masked", architecture, config);
  return { architecture, pairedRows, normShift, perBlock: false, fused: false, dropsAttention: false };
}

/** The longest context that is stated: llama.cpp attends to all tokens, which equals a window only as long as the window has them all. */
export const statedContext = ({ context, window = context }: ModelConfig): number => Math.min(context, window);

const hasWindow = (config: ModelConfig): boolean => statedContext(config) < config.context;

/** Refuses what llama.cpp does not compute as the engine does in this architecture, or in any. */
function checkCommon(form: string, architecture: string, { rope, design, family }: ModelConfig): void {
  if (family === "qwen3" && design.biases.qkv)
    throw refused(form, "attention_bias", "false, because llama.cpp ignores biases of Qwen3", true, OTHER_FORMS);
  if (rope?.scaling?.type === "llama3" && !WITH_ROPE_FACTORS.includes(architecture)) {
    const expected = `none, linear or yarn, because llama.cpp's ${architecture} has no factors for RoPE's frequencies`;
    throw refused(form, "rope_scaling", expected, rope.scaling.type, OTHER_FORMS);
  }
  if (rope?.scaling) checkScaling(form, rope.scaling);
}

const OTHER_FORMS = "Export the masked, compact or onnx form.";

function checkScaling(form: string, scaling: RopeScaling): void {
  switch (scaling.type) {
    case "linear":
    case "llama3":
      return;
    case "yarn": {
      const { factor, betaFast, betaSlow, truncate, attention } = scaling;
      const usual = { ...YARN_BETAS, truncate: true, attention: yarnAttention(factor) };
      const found = { betaFast, betaSlow, truncate, attention };
      if (JSON.stringify(usual) === JSON.stringify(found)) return;
      const expected = `YaRN with llama.cpp's settings ${JSON.stringify(usual)}`;
      throw refused(form, "rope_scaling", expected, JSON.stringify(found), OTHER_FORMS);
    }
    case "dynamic":
    case "longrope":
      throw refused(form, "rope_scaling", "none, linear, yarn or llama3", scaling.type, OTHER_FORMS);
  }
}

function refused(form: string, ...[field, expected, got, advice]: [string, string, unknown, string]): EngineError {
  return new EngineError(
    "unsupported",
    `config.json: ${field}: expected ${expected}, for the ${form} form, got ${String(got)}. ${advice}`,
    { form, field },
  );
}
