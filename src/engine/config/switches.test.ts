// Every field of transformers' config classes is read, known to be harmless, or refused; fields that the classes do not know are noted.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readConfig, readConfigWithNotes } from "./config.ts";
import { ConfigFields } from "./configFields.ts";
import { BASE_DEFAULTS, CLASS_DEFAULTS } from "./families/configDefaults.ts";
import { FAMILIES } from "./families/families.ts";
import { goldenCases } from "./goldenCases.fixture.ts";
import type { Family } from "./modelConfig.ts";
import { BASE_HARMLESS, ROPE_FIELDS } from "./switches.ts";

const FAMILY_NAMES = Object.keys(FAMILIES) as Family[];
/** A class's defaults as a config.json; null fields are missing. */
const defaultsOf = (family: Family) => ({
  model_type: family,
  ...Object.fromEntries(Object.entries(CLASS_DEFAULTS[family]).filter(([, value]) => value !== null)),
});
const llama = defaultsOf("llama");

describe.each(FAMILY_NAMES)("%s", (family) => {
  it("reads every field of its class, or lists it as harmless", () => {
    const fields = new ConfigFields(defaultsOf(family));
    FAMILIES[family].readConfig(fields);
    const { harmless } = FAMILIES[family];
    const covered = (name: string): boolean => fields.isRead(name) || ROPE_FIELDS.includes(name);
    const unread = Object.keys(CLASS_DEFAULTS[family]).filter((name) => !covered(name));
    expect(unread.sort()).toEqual([...harmless].sort());
  });

  it("opens its class's defaults without a note", () => {
    expect(readConfigWithNotes(defaultsOf(family)).notes).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["is_causal", false],
    ["per_layer_config", { 0: { intermediate_size: 64 } }],
    ["layer_types", ["sliding_attention", "full_attention"]],
    ["transformers_weights", "other.safetensors"],
  ])("refuses %s", (name, value) => {
    const pattern = new RegExp(`^config\\.json: ${name}: expected .*, got .*\\. Choose another model`);
    expect(() => readConfig({ ...defaultsOf(family), [name]: value })).toThrow(pattern);
  });
});

it("knows every field of the base class", () => {
  const refused = ["per_layer_config"];
  const covered = [...BASE_HARMLESS, ...ROPE_FIELDS, ...refused];
  expect(Object.keys(BASE_DEFAULTS).filter((name) => !covered.includes(name))).toEqual([]);
});

it("takes harmless fields with any value", () => {
  const harmless = {
    attention_dropout: 0.5,
    initializer_range: 1,
    use_cache: false,
    temperature: 2,
    pretraining_tp: 2,
  };
  const { config, notes } = readConfigWithNotes({ ...llama, ...harmless, dtype: "bfloat16", num_labels: 3 });
  expect([config, notes]).toEqual([readConfig(llama), []]);
});

it("notes fields that the class does not know, unless they switch nothing on", () => {
  const off = { clip_qkv: null, use_mrope: false, pruned_heads: {}, _name_or_path: "x" };
  const on = { attn_logit_softcapping: 30, logit_scale: 0.5, auto_map: { AutoModelForCausalLM: "modeling.A" } };
  const { config, notes } = readConfigWithNotes({ ...llama, ...off, ...on });
  expect(config).toEqual(readConfig(llama));
  expect(notes).toEqual([
    "config.json: auto_map: the model comes with code of its own, which is not run. It is computed like every llama model in transformers.",
    "config.json: attn_logit_softcapping, logit_scale: llama models have no such fields. transformers ignores what it does not know, and so does Espalier.",
  ]);
});

it.each(goldenCases())("has no note on golden/%s", async (name) => {
  const json: unknown = JSON.parse(await readFile(`golden/${name}/config.json`, "utf8"));
  expect(readConfigWithNotes(json).notes).toEqual([]);
});
