// The fields of config.json that no reader asked for: harmless ones, those that would change what the model computes, and unknown ones.
import { showValue } from "../errors.ts";
import type { ConfigFields } from "./configFields.ts";
import { BASE_DEFAULTS, CLASS_DEFAULTS, GENERATION_KEYS } from "./families/configDefaults.ts";
import { CHOOSE_ANOTHER_MODEL, expectLayers } from "./families/family.ts";
import { FAMILIES } from "./families/families.ts";
import type { Family } from "./modelConfig.ts";

/** Fields of every class without effect on what the model computes from a text: outputs, labels, dtypes, names, how attention is computed. */
export const BASE_HARMLESS: readonly string[] = [
  ...["transformers_version", "architectures", "dtype", "torch_dtype", "name_or_path", "return_dict"],
  ...["output_hidden_states", "output_attentions", "attn_implementation", "experts_implementation"],
  ...["id2label", "label2id", "num_labels", "problem_type", "chunk_size_feed_forward", "is_encoder_decoder"],
];

/** The rotary embedding's fields; its reader refuses what it does not run. */
export const ROPE_FIELDS: readonly string[] = [
  ...["rope_parameters", "rope_scaling", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings"],
];

/** Not in the classes, but the code that all models of transformers share reads them, so only these values are harmless. */
const SHARED_SWITCHES: Readonly<Record<string, unknown>> = {
  is_causal: true,
  transformers_weights: null,
  fusion_config: null,
  kv_sharing_modes: null,
};

/** Unknown to the classes, frequent in published files and without effect: settings of training, tools and older versions. */
const KNOWN_NOISE =
  /^(_.*|transformers\.js_config|unsloth_\w+|tokenizer_class|prefix|sep_token_id|decoder_start_token_id|task_specific_params|torchscript|use_bfloat16|finetuning_task|gradient_checkpointing|output_past|max_sequence_length|model_max_length|activation_dropout|cache_implementation|init_device|is_llama_config)$/;

/**
 * Goes through the fields that `readConfig` of the family has not read. Adds a note for those that transformers' class does not know: it
 * ignores them, and so does the engine. Throws "unsupported" for a field that the class knows, that may change what the model computes, and
 * whose value is not the default.
 */
export function checkSwitches(fields: ConfigFields, family: Family): void {
  if (!fields.isRead("layer_types")) expectLayers(fields);
  const known: Readonly<Record<string, unknown>> = {
    ...BASE_DEFAULTS,
    ...CLASS_DEFAULTS[family],
    ...SHARED_SWITCHES,
  };
  const harmless = new Set([...FAMILIES[family].harmless, ...BASE_HARMLESS, ...ROPE_FIELDS, ...GENERATION_KEYS]);
  const unknown: string[] = [];
  for (const name of fields.names()) {
    if (fields.isRead(name) || harmless.has(name)) continue;
    if (name === "auto_map") continue;
    const value = fields.get(name);
    if (!Object.hasOwn(known, name)) {
      if (!isOff(value) && !KNOWN_NOISE.test(name)) unknown.push(name);
    } else if (value !== undefined && value !== known[name]) {
      const expected = known[name] === null ? "nothing" : `${showValue(known[name])}, the default,`;
      fields.refuseUnsupported(name, `${expected} for ${family}`, { remedy: CHOOSE_ANOTHER_MODEL });
    }
  }
  if (fields.get("auto_map") !== undefined) {
    fields.notes.push(
      `config.json: auto_map: the model comes with code of its own, which is not run. It is computed like every ${family} model in transformers.`,
    );
  }
  if (unknown.length === 0) return;
  fields.notes.push(
    `config.json: ${unknown.join(", ")}: ${family} models have no such ${unknown.length === 1 ? "field" : "fields"}. transformers ignores what it does not know, and so does Espalier.`,
  );
}

/** A value that switches nothing on. */
function isOff(value: unknown): boolean {
  if (value === undefined || value === false || value === "" || value === 0) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
