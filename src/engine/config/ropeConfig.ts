// Reads the rotary position embedding of config.json, in both of its spellings.
import type { ConfigFields } from "./configFields.ts";

export interface RopeConfig {
  theta: number;
  /** The share of each head that is rotated, its first dimensions (Phi); default: all. */
  share?: number;
  /** Llama-3 frequency scaling (rope_type "llama3"), if any. */
  scaling?: { factor: number; lowFreqFactor: number; highFreqFactor: number; originalContext: number };
}

const DEFAULT_THETA = 10_000;
const ROPE_TYPES = ["default", "llama3"];

/**
 * Reads `rope_theta` and `rope_scaling` at the top level (files on the hub) or `rope_parameters` (transformers 5).
 * defaultShare: of a missing partial_rotary_factor, in families that rotate only a part of each head.
 * Throws "unsupported" for another rope_type, and "config" if the two spellings contradict each other.
 */
export function readRope(config: ConfigFields, defaultShare?: number): RopeConfig {
  const name = config.object("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const nested = config.object(name);
  const either = (field: string, fallback: number): number => {
    const top = config.get(field) === undefined ? undefined : config.positive(field);
    const value = nested?.positive(field, top ?? fallback) ?? top ?? fallback;
    if (top !== undefined && top !== value) config.refuse(field, `${name}.${field} ${value}`);
    return value;
  };
  const theta = either("rope_theta", DEFAULT_THETA);
  const share = either("partial_rotary_factor", defaultShare ?? 1);
  if (share > 1 || (share !== 1 && defaultShare === undefined)) {
    const expected = defaultShare === undefined ? "1" : "at most 1";
    config.refuse("partial_rotary_factor", `${expected} for ${config.string("model_type")}`, { got: share });
  }
  const plain = share === 1 ? { theta } : { theta, share };
  if (!nested) return plain;
  const type = nested.string("rope_type", nested.string("type", "default"));
  if (!ROPE_TYPES.includes(type)) {
    const remedy = "Choose another model: the engine does not run this kind of RoPE.";
    nested.refuseUnsupported("rope_type", ROPE_TYPES.join(" or "), { got: type, remedy });
  }
  if (type === "default") return plain;
  const scaling = {
    factor: nested.positive("factor"),
    lowFreqFactor: nested.positive("low_freq_factor"),
    highFreqFactor: nested.positive("high_freq_factor"),
    originalContext: nested.count("original_max_position_embeddings"),
  };
  if (scaling.highFreqFactor <= scaling.lowFreqFactor) {
    nested.refuse("high_freq_factor", `more than low_freq_factor ${scaling.lowFreqFactor}`);
  }
  return { ...plain, scaling };
}
