// What Gemma 2 and 3 share: norms around both branches, and which blocks have a sliding window.
import type { ConfigFields } from "../configFields.ts";
import { CHOOSE_ANOTHER_MODEL } from "./family.ts";
import { type Design, LLAMA_DESIGN, NO_BIASES } from "../modelConfig.ts";

/** The norms before and after each branch. */
export const AROUND_NAMES = {
  attentionPostNorm: "post_attention_layernorm",
  mlpNorm: "pre_feedforward_layernorm",
  mlpPostNorm: "post_feedforward_layernorm",
};

export const gemmaDesign = (dModel: number, attentionBias: boolean): Design => ({
  ...LLAMA_DESIGN,
  normShift: 1,
  normPlace: "around",
  activation: "gelu_tanh",
  biases: { ...NO_BIASES, qkv: attentionBias, o: attentionBias },
  embeddingScale: Math.sqrt(dModel),
});

/** Whether each block has a window: by layer_types, or all but every `pattern`-th. */
export function readAlternation(fields: ConfigFields, layers: number, pattern: number): boolean[] {
  const types = fields.get("layer_types");
  if (types === undefined) return Array.from({ length: layers }, (_, l) => (l + 1) % pattern !== 0);
  const known = ["sliding_attention", "full_attention"];
  if (!Array.isArray(types) || types.length !== layers || !types.every((type) => known.includes(String(type)))) {
    fields.refuse("layer_types", `a list of ${known.map((type) => `"${type}"`).join(" and ")} for ${layers} layers`, {
      remedy: CHOOSE_ANOTHER_MODEL,
    });
  }
  return types.map((type) => type === "sliding_attention");
}

/** Keys that a query sees in blocks with a window. */
export function readWindow(fields: ConfigFields, fallback: number): number {
  if (fields.isNull("sliding_window")) fields.refuse("sliding_window", "a positive integer", { got: null });
  return fields.count("sliding_window", fallback);
}
