// The config.json of the compact form: the base model's with another model_type and a section `espalier` with the widths of all vectors.
import { VECTORS_PER_BLOCK } from "../../../shared/vectors.ts";
import { type EngineError, showValue } from "../../errors.ts";
import { readConfig, type ModelConfig } from "../../config/config.ts";
import { ropeField } from "../../config/ropeConfig.ts";
import { partlyEmpty } from "../../masks/modules.ts";
import { byBlock, gateLayout } from "../../masks/gates.ts";
import { readError } from "../files/readError.ts";
import { CONFIG_FILE } from "../files/modelFiles.ts";
import { modelCodeFields } from "./modelCode.ts";

/** Version of the compact form; readers refuse any other. */
const COMPACT_FORMAT = 1;
const PREFIX = "espalier_";
const EXPORT_AGAIN = "config.json was changed: export the model again.";

/** The section `espalier` of a compact config.json. */
interface CompactSection {
  format: number;
  /** From the dense model's config. */
  base_model_type: string;
  base_architectures: readonly string[];
  /** Kept widths |s1| .. |s5| of every block. */
  widths: readonly (readonly number[])[];
}

type JsonObject = Record<string, unknown>;

/** The compact config for `base` (a parsed config.json) and the kept counts of the 5L vectors. Throws "unsupported" as `modelCodeFields`. */
export function compactConfig(base: JsonObject, counts: readonly number[]): JsonObject {
  const baseType = String(base.model_type);
  const baseArchitectures = Array.isArray(base.architectures) ? base.architectures.map(String) : [];
  const widths = byBlock(counts);
  const espalier: CompactSection = {
    format: COMPACT_FORMAT,
    base_model_type: baseType,
    base_architectures: baseArchitectures,
    widths,
  };
  return {
    ...base,
    ...olderRope(base),
    ...modelCodeFields(baseType),
    model_type: PREFIX + baseType,
    espalier,
  };
}

/**
 * The base model's config and the 5L kept counts. Throws "format" naming the field that is missing or contradicts another, and the
 * errors of `readConfig` for the base config.
 */
export function readCompactConfig(json: JsonObject): { config: ModelConfig; counts: number[] } {
  const section = json.espalier;
  if (!isObject(section)) throw refuse("espalier", "an object", showValue(section), "This is not a compact export.");
  const { format, base_model_type: baseType, widths } = section;
  if (format !== COMPACT_FORMAT) {
    const advice = "A newer Espalier may have written the export: update this one.";
    throw refuse("espalier.format", String(COMPACT_FORMAT), showValue(format), advice);
  }
  if (typeof baseType !== "string" || json.model_type !== PREFIX + baseType) {
    throw refuse("model_type", `${PREFIX}${String(baseType)}`, showValue(json.model_type));
  }
  const config = readConfig({ ...json, model_type: baseType });
  return { config, counts: readWidths(widths, config) };
}

function readWidths(widths: unknown, config: ModelConfig): number[] {
  const field = "espalier.widths";
  const perBlock =
    Array.isArray(widths) && widths.every((row) => Array.isArray(row) && row.length === VECTORS_PER_BLOCK);
  if (!perBlock || widths.length !== config.layers) {
    throw refuse(field, `${VECTORS_PER_BLOCK} widths for each of ${config.layers} blocks`, showValue(widths));
  }
  const { sizes } = gateLayout(config);
  const counts = widths.flat().map((count: unknown, vector) => {
    const size = sizes[vector] ?? 0;
    if (typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= size) return count;
    throw refuse(field, expectedWidth(vector, size), showValue(count));
  });
  const empty = partlyEmpty(counts);
  if (empty !== undefined) throw refuse(field, expectedWidth(empty, sizes[empty] ?? 0), "0");
  return counts;
}

const expectedWidth = (vector: number, size: number): string =>
  `1 to ${size} in block ${Math.floor(vector / VECTORS_PER_BLOCK)}, or 0 in all of attention or MLP`;

/**
 * The rotary embedding also in the keys of transformers 4, which ignores `rope_parameters` and what is nested in `rope_scaling`, and would
 * use its defaults. transformers 5 reads the same from these keys as from the base.
 */
function olderRope(base: JsonObject): JsonObject {
  const rope = base[ropeField(base)];
  if (!isObject(rope)) return {};
  const { full_attention: full, sliding_attention: sliding } = rope;
  if (isObject(full) && isObject(sliding)) {
    const { rope_theta, ...rest } = full;
    return {
      ...{ rope_theta, rope_local_base_freq: sliding.rope_theta },
      ...(rest.rope_type === undefined || rest.rope_type === "default" ? {} : { rope_scaling: rest }),
    };
  }
  const { rope_theta: theta, partial_rotary_factor: share, ...scaling } = rope;
  const type = scaling.rope_type ?? scaling.type ?? "default";
  return {
    ...(theta === undefined ? {} : { rope_theta: theta }),
    ...(share === undefined ? {} : { partial_rotary_factor: share }),
    ...(type === "default" ? {} : { rope_scaling: scaling }),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(field: string, expected: string, got: string, advice = EXPORT_AGAIN): EngineError {
  return readError({ file: CONFIG_FILE, field, expected, got, advice });
}
