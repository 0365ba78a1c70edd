// The Python file and the config of a compact export name the same classes, for every family.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../config/config.ts";
import { gateLayout } from "../../masks/gates.ts";
import { compactConfig, readCompactConfig } from "./compactConfig.ts";
import { CLASS_NAMES, modelCodeFields } from "./modelCode.ts";
import MODEL_CODE from "./python/modeling_espalier.py?raw";

describe("modeling_espalier.py", () => {
  it.each([...CLASS_NAMES])("has a config and a model for %s", (modelType, name) => {
    expect(MODEL_CODE).toContain(
      `class Espalier${name}Config(${name}Config):\n    model_type = "espalier_${modelType}"\n`,
    );
    expect(MODEL_CODE).toContain(
      `class Espalier${name}ForCausalLM(Compact, ${name}ForCausalLM):\n    config_class = Espalier${name}Config\n`,
    );
    expect(modelCodeFields(modelType)).toEqual({
      architectures: [`Espalier${name}ForCausalLM`],
      auto_map: {
        AutoConfig: `modeling_espalier.Espalier${name}Config`,
        AutoModelForCausalLM: `modeling_espalier.Espalier${name}ForCausalLM`,
      },
    });
  });

  it("imports only torch, transformers and their dependencies", () => {
    const imports = [...MODEL_CODE.matchAll(/^(?:import|from) (\w+)/gm)].map(([, module]) => module);
    expect([...new Set(imports)]).toEqual(["json", "torch", "safetensors", "transformers"]);
  });

  it("is refused for a family that it does not have", () => {
    expect(() => modelCodeFields("mamba")).toThrow(
      /expected one of gemma, .* for the compact form, got mamba\. Export the masked form/,
    );
  });
});

describe("the compact config", () => {
  const scaling = {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  };
  const base = {
    model_type: "llama",
    architectures: ["LlamaForCausalLM"],
    hidden_size: 12,
    intermediate_size: 20,
    num_hidden_layers: 2,
    num_attention_heads: 3,
    vocab_size: 30,
    rope_parameters: { rope_theta: 500_000, ...scaling },
  };
  const counts = gateLayout(readConfig(base)).sizes.map((size, i) => size - i);

  it("has the rotary embedding also in the keys of transformers 4, and reads back as the base config", () => {
    const json = compactConfig(base, counts);
    expect(json).toMatchObject({ rope_theta: 500_000, rope_scaling: scaling, rope_parameters: base.rope_parameters });
    expect(readCompactConfig(json)).toEqual({ config: readConfig(base), counts });
  });

  it("keeps what transformers 5 reads where both spellings exist", () => {
    const yarn = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 64 };
    const both = (more: object) => ({ ...base, rope_scaling: yarn, ...more });
    for (const dense of [both({}), both({ rope_theta: 2e4 }), both({ rope_scaling: { ...yarn, rope_theta: 300 } })]) {
      const json = compactConfig(dense, counts);
      expect(readCompactConfig(json).config).toEqual(readConfig(dense));
      expect(json.rope_scaling).toEqual(yarn);
    }
  });

  it("adds no scaling where there is none, and leaves the older keys unchanged", () => {
    const plain = compactConfig({ ...base, rope_parameters: { rope_theta: 1e4, rope_type: "default" } }, counts);
    expect(plain).toMatchObject({ rope_theta: 1e4 });
    expect(plain).not.toHaveProperty("rope_scaling");
    const older = { ...base, rope_parameters: undefined, rope_theta: 1e4, rope_scaling: scaling };
    expect(compactConfig(older, counts)).toMatchObject({ rope_theta: 1e4, rope_scaling: scaling });
  });
});
