// Rotary position embedding as config.json describes it, in both of its spellings.
import { EngineError } from "../errors.ts";
import type { ConfigFields } from "./configFields.ts";

export interface RopeConfig {
  theta: number;
  /** Llama-3 frequency scaling (rope_type "llama3"), if any. */
  scaling?: { factor: number; lowFreqFactor: number; highFreqFactor: number; originalContext: number };
}

const DEFAULT_THETA = 10_000;
const ROPE_TYPES = ["default", "llama3"];

/**
 * Reads `rope_theta` and `rope_scaling` at the top (files on the hub) or `rope_parameters` (transformers 5).
 * Throws "unsupported" for another rope_type, "config" where the two spellings contradict each other.
 */
export function readRope(config: ConfigFields): RopeConfig {
  const name = config.object("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const nested = config.object(name);
  const top = config.get("rope_theta") === undefined ? undefined : config.positive("rope_theta");
  const theta = nested?.positive("rope_theta", top ?? DEFAULT_THETA) ?? top ?? DEFAULT_THETA;
  if (top !== undefined && top !== theta) config.refuse("rope_theta", `${top}, but ${name}.rope_theta is ${theta}`);
  if (!nested) return { theta };
  const type = nested.string("rope_type", nested.string("type", "default"));
  if (!ROPE_TYPES.includes(type)) {
    const supported = `supported: ${ROPE_TYPES.join(", ")}`;
    throw new EngineError("unsupported", `config.json: rope_type '${type}' is not supported; ${supported}`, { type });
  }
  const share = nested.positive("partial_rotary_factor", 1);
  if (share !== 1) nested.refuse("partial_rotary_factor", `${share} is not supported for this family; expected 1`);
  if (type === "default") return { theta };
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
  return { theta, scaling };
}
