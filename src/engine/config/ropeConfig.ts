// Rotary position embedding as config.json describes it, in both of its spellings.
import { EngineError } from "../errors.ts";
import type { ConfigFields } from "./configFields.ts";

export interface RopeConfig {
  theta: number;
  /** Share of each head that turns (Phi), its first dimensions; default: all. */
  share?: number;
  /** Llama-3 frequency scaling (rope_type "llama3"), if any. */
  scaling?: { factor: number; lowFreqFactor: number; highFreqFactor: number; originalContext: number };
}

const DEFAULT_THETA = 10_000;
const ROPE_TYPES = ["default", "llama3"];

/**
 * Reads `rope_theta` and `rope_scaling` at the top (files on the hub) or `rope_parameters` (transformers 5).
 * `defaultShare` is partial_rotary_factor where it is missing, for families in which only a part of each head turns.
 * Throws "unsupported" for another rope_type, "config" where the two spellings contradict each other.
 */
export function readRope(config: ConfigFields, defaultShare?: number): RopeConfig {
  const name = config.object("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const nested = config.object(name);
  const either = (field: string, fallback: number): number => {
    const top = config.get(field) === undefined ? undefined : config.positive(field);
    const value = nested?.positive(field, top ?? fallback) ?? top ?? fallback;
    if (top !== undefined && top !== value) config.refuse(field, `${top}, but ${name}.${field} is ${value}`);
    return value;
  };
  const theta = either("rope_theta", DEFAULT_THETA);
  const share = either("partial_rotary_factor", defaultShare ?? 1);
  if (share > 1 || (share !== 1 && defaultShare === undefined)) {
    config.refuse(
      "partial_rotary_factor",
      `${share} is not supported for this family; expected ${defaultShare === undefined ? "1" : "1 or less"}`,
    );
  }
  const plain = share === 1 ? { theta } : { theta, share };
  if (!nested) return plain;
  const type = nested.string("rope_type", nested.string("type", "default"));
  if (!ROPE_TYPES.includes(type)) {
    const supported = `supported: ${ROPE_TYPES.join(", ")}`;
    throw new EngineError("unsupported", `config.json: rope_type '${type}' is not supported; ${supported}`, { type });
  }
  if (type === "default") return plain;
  const scaling = {
    factor: nested.positive("factor"),
    lowFreqFactor: nested.positive("low_freq_factor"),
    highFreqFactor: nested.positive("high_freq_factor"),
    originalContext: nested.count("original_max_position_embeddings"),
  };
  if (scaling.highFreqFactor <= scaling.lowFreqFactor) {
    nested.refuse(
      "high_freq_factor",
      `${scaling.highFreqFactor} must be above low_freq_factor ${scaling.lowFreqFactor}`,
    );
  }
  return { ...plain, scaling };
}
