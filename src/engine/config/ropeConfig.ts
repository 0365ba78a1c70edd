// Reads the rotary position embedding of config.json, in both of its spellings, as transformers 5 resolves them (modeling_rope_utils.py).
import { ConfigFields } from "./configFields.ts";
import {
  longropeAttention,
  type RopeConfig,
  ropeFrequencies,
  type RopeScaling,
  rotaryWidth,
  yarnAttention,
} from "./ropeFrequencies.ts";

interface RopeOptions {
  headDim: number;
  /** max_position_embeddings. */
  context: number;
  /** Of a missing rope_theta; default 10,000. */
  defaultTheta?: number;
  /** Of a missing original_max_position_embeddings; default: `context`. With longropeTypes, only the top level has the field, as in transformers. */
  originalContext?: number;
  /** Types that mean longrope, in a family that has no other scaling (Phi-3). */
  longropeTypes?: readonly string[];
  /** Of a missing partial_rotary_factor, in families that rotate only a part of each head. */
  defaultShare?: number;
}

const DEFAULT_THETA = 10_000;
/** Published models have 1e4 to 1e11. Below 1 the frequencies grow from pair to pair; above, the slow pairs are 0 in float32. */
const THETA_BOUNDS = { min: 1, max: 1e30 };
/** The widest head that is rotated: a table has a column for every second of its dimensions. */
const WIDEST_HEAD = 65_536;
const ROPE_TYPES = ["default", "linear", "dynamic", "yarn", "longrope", "llama3"];

/**
 * The name of the object that describes RoPE: `rope_scaling` (files on the hub) unless it is missing, null or empty, then `rope_parameters`
 * (transformers 5). Nothing is merged: where both exist, transformers does not read rope_parameters.
 */
export function ropeField(config: Readonly<Record<string, unknown>>): "rope_scaling" | "rope_parameters" {
  const older = config["rope_scaling"] ?? {};
  return typeof older === "object" && Object.keys(older).length === 0 ? "rope_parameters" : "rope_scaling";
}

/**
 * Reads `rope_scaling` or `rope_parameters`. rope_theta and partial_rotary_factor are taken from that object, else from the top level.
 * Throws "unsupported" for another rope_type, and "config" for a field that is missing or has a value that transformers cannot use.
 */
export function readRope(config: ConfigFields, options: RopeOptions): RopeConfig {
  const { headDim, defaultTheta = DEFAULT_THETA, defaultShare } = options;
  const name = ropeField({ rope_scaling: config.get("rope_scaling") });
  const nested = config.object(name);
  const holder = (field: string): ConfigFields => (nested?.has(field) ? nested : config);
  for (const field of ["rope_theta", ...(defaultShare === undefined ? [] : ["partial_rotary_factor"])]) {
    const from = holder(field);
    if (from.isNull(field)) from.refuse(field, "a positive number", { got: null });
  }
  const theta = holder("rope_theta").positive("rope_theta", defaultTheta, THETA_BOUNDS);
  const shareHolder = holder("partial_rotary_factor");
  const share = shareHolder.positive("partial_rotary_factor", defaultShare ?? 1);
  if (share > 1 || (share !== 1 && defaultShare === undefined)) {
    const expected = defaultShare === undefined ? "1" : "at most 1";
    shareHolder.refuse("partial_rotary_factor", `${expected} for ${config.string("model_type")}`, { got: share });
  }
  const plain = share === 1 ? { theta } : { theta, share };
  const rotaryDim = rotaryWidth(plain, headDim);
  if (rotaryDim % 2 !== 0 || rotaryDim === 0) {
    const expected = `a share that rotates an even number of each head's ${headDim} dimensions`;
    shareHolder.refuse("partial_rotary_factor", expected, { got: share });
  }
  if (rotaryDim > WIDEST_HEAD) config.refuse("head_dim", `at most ${WIDEST_HEAD} per head`, { got: headDim });
  const scaling = nested && readScaling(config, nested, options, rotaryDim);
  if (!scaling) return plain;
  const rope = { ...plain, scaling };
  if (!ropeFrequencies(rope, rotaryDim).every(Number.isFinite)) {
    config.refuse(name, "settings that give finite frequencies");
  }
  return rope;
}

/**
 * RoPE of blocks with full attention and of those with a window, each with its own base and scaling (Gemma 3): `rope_parameters` has one
 * object for each kind (transformers 5), or the top level has rope_theta and rope_scaling of the first and rope_local_base_freq of the
 * second. thetas: of missing fields.
 */
export function readRopeOfLayers(
  config: ConfigFields,
  { headDim, context, thetas }: RopeOptions & { thetas: { full: number; sliding: number } },
): { full: RopeConfig; sliding: RopeConfig } {
  const parameters = config.object("rope_parameters");
  const flat = ["rope_type", "rope_theta"].find((field) => parameters?.has(field));
  if (flat !== undefined)
    parameters?.refuseUnsupported(flat, "one object per kind of attention", { remedy: ANOTHER_MODEL });
  const fieldsOf = (name: string): Record<string, unknown> => ({
    rope_type: "default",
    ...(parameters?.get(name) as Record<string, unknown> | undefined),
  });
  const read = (kind: Record<string, unknown>, theta: unknown, defaultTheta: number): RopeConfig => {
    const top = theta === undefined ? {} : { rope_theta: theta };
    const alone = new ConfigFields({ model_type: config.get("model_type"), ...top, rope_parameters: kind });
    return readRope(alone, { headDim, context, defaultTheta });
  };
  const scaled = {
    ...fieldsOf("full_attention"),
    ...(config.get("rope_scaling") as Record<string, unknown> | undefined),
  };
  return {
    full: read(scaled, config.get("rope_theta"), thetas.full),
    sliding: read(fieldsOf("sliding_attention"), config.get("rope_local_base_freq"), thetas.sliding),
  };
}

function readScaling(
  config: ConfigFields,
  nested: ConfigFields,
  { context, originalContext: missing = context, longropeTypes }: RopeOptions,
  rotaryDim: number,
): RopeScaling | undefined {
  const named = nested.string("rope_type", nested.has("rope_type") ? undefined : nested.string("type", "default"));
  const type = longropeTypes?.includes(named) ? "longrope" : named;
  if (longropeTypes && type !== "longrope" && type !== "default") {
    nested.refuseUnsupported("rope_type", "longrope or default", { got: named, remedy: ANOTHER_MODEL });
  }
  const perLayer = nested.names().find((key) => key.endsWith("_attention"));
  if (perLayer !== undefined) {
    nested.refuseUnsupported(perLayer, "one RoPE for all layers", { remedy: ANOTHER_MODEL });
  }
  /** The context that the model was first trained for. The top level wins, as in transformers. */
  const originalContext = (): number => {
    const field = "original_max_position_embeddings";
    if (!config.has(field) && longropeTypes) return missing;
    return (config.has(field) ? config : nested).positions(field, config.has(field) ? undefined : missing);
  };
  switch (type) {
    case "default":
      return undefined;
    case "linear":
      return { type, factor: nested.positive("factor") };
    case "dynamic":
      if (rotaryDim === 2) nested.refuse("rope_type", "another type for heads with 2 rotated dimensions");
      return { type, factor: nested.positive("factor"), context };
    case "yarn":
      return readYarn(nested, context, originalContext());
    case "longrope":
      return readLongrope(nested, { context, originalContext: originalContext(), pairs: rotaryDim / 2 });
    case "llama3": {
      const [lowFreqFactor, highFreqFactor] = [nested.positive("low_freq_factor"), nested.positive("high_freq_factor")];
      if (highFreqFactor <= lowFreqFactor) {
        nested.refuse("high_freq_factor", `more than low_freq_factor ${lowFreqFactor}`);
      }
      const factor = nested.positive("factor");
      return { type, factor, lowFreqFactor, highFreqFactor, originalContext: originalContext() };
    }
    default:
      return nested.refuseUnsupported("rope_type", `one of ${ROPE_TYPES.join(", ")}`, {
        got: type,
        remedy: ANOTHER_MODEL,
      });
  }
}

const ANOTHER_MODEL = "Choose another model: the engine does not run this kind of RoPE.";

/** A positive number; undefined if it is missing, null or 0, which transformers treats alike. */
function optional(fields: ConfigFields, name: string): number | undefined {
  return fields.get(name) === 0 || fields.get(name) === undefined ? undefined : fields.positive(name);
}

function readYarn(nested: ConfigFields, context: number, originalContext: number): RopeScaling {
  const factor = nested.isNull("factor") ? context / originalContext : nested.positive("factor");
  const given = nested.get("attention_factor") === undefined ? undefined : nested.positive("attention_factor");
  const [mscale, mscaleAllDim] = [optional(nested, "mscale"), optional(nested, "mscale_all_dim")];
  return {
    type: "yarn",
    factor,
    originalContext,
    betaFast: optional(nested, "beta_fast") ?? 32,
    betaSlow: optional(nested, "beta_slow") ?? 1,
    truncate: nested.isNull("truncate") ? false : nested.boolean("truncate", true),
    attention: given ?? yarnAttention(factor, mscale, mscaleAllDim),
  };
}

function readLongrope(
  nested: ConfigFields,
  { context, originalContext, pairs }: { context: number; originalContext: number; pairs: number },
): RopeScaling {
  const factors = (name: string): readonly number[] => {
    const value = nested.get(name);
    const found: unknown[] = Array.isArray(value) ? value : [];
    const numbers = found.filter((one) => typeof one === "number" && Number.isFinite(one) && one > 0) as number[];
    if (numbers.length === found.length && found.length === pairs) return numbers;
    return nested.refuse(name, `a list of ${pairs} positive numbers, one per rotated pair`);
  };
  const factor = nested.get("factor") === undefined ? context / originalContext : nested.positive("factor");
  const given = nested.get("attention_factor") === undefined ? undefined : nested.positive("attention_factor");
  const attention = given ?? longropeAttention(factor, originalContext);
  if (!Number.isFinite(attention)) nested.refuse("original_max_position_embeddings", "more than 1");
  return { type: "longrope", short: factors("short_factor"), long: factors("long_factor"), originalContext, attention };
}
