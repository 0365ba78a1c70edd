// The config.json of the compact form: the base model's, another model_type, and a section `espalier` with the width of every vector.
import { EngineError, invariant } from "../../errors.ts";
import { readConfig, type ModelConfig } from "../../config/config.ts";
import { byBlock, gateLayout, VECTORS_PER_BLOCK } from "../../masks/gates.ts";
import { CONFIG_FILE } from "./exportFiles.ts";
import { modelCodeFields } from "./modelCode.ts";

/** Version of the compact form; a reader refuses a later one. */
const COMPACT_FORMAT = 1;
const PREFIX = "espalier_";

/** The section `espalier` of a compact config.json. */
export interface CompactSection {
  format: number;
  /** What the unpruned model's config said. */
  base_model_type: string;
  base_architectures: readonly string[];
  /** For every block the kept widths |s1| .. |s5|. */
  widths: readonly (readonly number[])[];
}

type JsonObject = Record<string, unknown>;

/** The compact config of `base` (a parsed config.json) with the kept count of each of the 5L vectors. Throws "unsupported" as `modelCodeFields`. */
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
 * The base model's config and the 5L kept counts. Throws "format" naming the field that is missing or contradicts another, and
 * whatever `readConfig` throws about the base config.
 */
export function readCompactConfig(json: JsonObject): { config: ModelConfig; counts: number[] } {
  const section = json.espalier;
  if (!isObject(section)) throw refuse("espalier", "expected an object; this is not a compact export");
  const { format, base_model_type: baseType, widths } = section;
  if (format !== COMPACT_FORMAT) {
    throw refuse("espalier.format", `expected ${COMPACT_FORMAT}, got ${String(format)}; update Espalier`);
  }
  if (typeof baseType !== "string" || json.model_type !== PREFIX + baseType) {
    throw refuse("model_type", `expected ${PREFIX}${String(baseType)}, got ${String(json.model_type)}`);
  }
  const config = readConfig({ ...json, model_type: baseType });
  const { sizes } = gateLayout(config);
  const counts: unknown[] = Array.isArray(widths) ? widths.flat() : [];
  const perBlock =
    Array.isArray(widths) && widths.every((row) => Array.isArray(row) && row.length === VECTORS_PER_BLOCK);
  if (!perBlock || widths.length !== config.layers) {
    throw refuse("espalier.widths", `expected ${config.layers} blocks of ${VECTORS_PER_BLOCK} widths`);
  }
  return {
    config,
    counts: counts.map((count, vector) => {
      const size = sizes[vector] ?? 0;
      invariant(
        typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= size,
        "format",
        `${CONFIG_FILE}: espalier.widths: expected 1 to ${size} in block ${Math.floor(vector / VECTORS_PER_BLOCK)}, got ${String(count)}`,
      );
      return count;
    }),
  };
}

/** The rotary embedding in the spelling of transformers 4 as well, which would pass over `rope_parameters` and rotate by its defaults. */
function olderRope({ rope_parameters: rope }: JsonObject): JsonObject {
  if (!isObject(rope)) return {};
  const { rope_theta: theta, partial_rotary_factor: share, ...scaling } = rope;
  return {
    ...(theta === undefined ? {} : { rope_theta: theta }),
    ...(share === undefined ? {} : { partial_rotary_factor: share }),
    ...(scaling.rope_type === undefined || scaling.rope_type === "default" ? {} : { rope_scaling: scaling }),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(field: string, problem: string): EngineError {
  return new EngineError("format", `${CONFIG_FILE}: ${field}: ${problem}`, { field });
}
