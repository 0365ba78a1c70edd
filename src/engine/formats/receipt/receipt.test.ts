// Receipts: built, written, read back and refused; the model card has the same numbers.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../config/config.ts";
import { gateLayout } from "../../masks/gates.ts";
import { withoutIdleModules } from "../../masks/modules.ts";
import { goldenMasks, loadCase } from "../export/export.fixture.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { licenceOf } from "../card/licence.ts";
import { memoryFolder } from "../files/memoryFolder.ts";
import { modelCard } from "../card/modelCard.ts";
import { collect } from "../files/outputFile.ts";
import { masksFromReceipt, readReceipt } from "./readReceipt.ts";
import { buildReceipt, receiptFile, type ReceiptInput } from "./receipt.ts";
import type { Receipt } from "./receiptTypes.ts";

const config = readConfig({
  model_type: "llama",
  hidden_size: 12,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  vocab_size: 30,
  tie_word_embeddings: true,
});
const masks = gateLayout(config).sizes.map((size, i) =>
  Uint8Array.from({ length: size }, (_, gate) => (gate % (i + 2) === 0 ? 1 : 0)),
);
const text = { name: "held-out addresses", sha256: "0123456789abcdef".repeat(4) };
const input: ReceiptInput = {
  version: "0.1.0",
  adapter: "SwiftShader",
  matmul: { kernels: 1, default: "sized", classes: { "forward f16 128 12x20": "split" } },
  host: "Chrome 156",
  modelName: "tiny | model",
  licence: "apache-2.0",
  config,
  dtype: "F16",
  precision: "f16",
  masks,
  recipe: DEFAULT_RECIPE,
  target: { ratio: "block weights kept", value: 0.5 },
  trainedSteps: 300,
  calibration: text,
  perplexity: [{ text, context: 512, tokens: 20480, beginToken: false, dense: 19.78, pruned: 27.09 }],
  checks: [
    {
      form: "masked",
      dtype: "F16",
      runtime: "Espalier",
      version: "0.1.0",
      tokens: 64,
      maxAbsLogitDifference: 0,
      argmaxAgreement: 1,
    },
  ],
};
const receipt = buildReceipt(input);

/** The receipt's JSON with the value at a path replaced. */
function changed(path: string, value: unknown): string {
  const copy = structuredClone(receipt) as unknown as Record<string, unknown>;
  const keys = path.split(".");
  const parent = keys.slice(0, -1).reduce((object, key) => object[key] as Record<string, unknown>, copy);
  parent[keys.at(-1) ?? ""] = value;
  return JSON.stringify(copy);
}

describe("a receipt", () => {
  it("counts what the masks keep", () => {
    // Block 0 keeps 6, 4, 3, 4, 2; block 1 keeps 2, 2, 2, 2, 2. dq + 2 dkv = 16, dq = 8.
    expect(receipt.kept.widths).toEqual([
      [6, 4, 3, 4, 2],
      [2, 2, 2, 2, 2],
    ]);
    const kept = 6 * 16 + 4 * 8 + 4 * (2 * 3 + 2) + (2 * 16 + 2 * 8 + 2 * (2 * 2 + 2));
    const all = 2 * (12 * 24 + 3 * 12 * 20);
    const rest = 30 * 12 + 5 * 12;
    expect(receipt.kept.blockWeights).toEqual({ kept, of: all });
    expect(receipt.kept.modelWeights).toEqual({ kept: kept + rest, of: all + rest });
    expect(receipt.kept.compactBytes).toEqual({ kept: 2 * (kept + rest) + 4 * (19 + 10), of: 2 * (all + rest) });
  });

  it("is read back unchanged, with its masks", async () => {
    const back = readReceipt(new TextDecoder().decode(await collect(receiptFile(receipt))));
    expect(back).toEqual(receipt);
    expect(masksFromReceipt(back, config)).toEqual(masks);
    expect(receipt.precision).toBe("f16");
    expect(receipt.matmul).toEqual(input.matmul);
    expect(readReceipt(changed("matmul", undefined))).not.toHaveProperty("matmul");
    expect(buildReceipt({ ...input, precision: "f32" })).not.toHaveProperty("precision");
    // of the Python package
    expect(readReceipt(changed("precision", "bf16")).precision).toBe("bf16");
    expect(() => readReceipt(changed("precision", "f8"))).toThrow(/precision/);
  });

  it("names the host where it was recorded", () => {
    expect(receipt.host).toBe("Chrome 156");
    expect(readReceipt(changed("host", undefined))).not.toHaveProperty("host");
    expect(() => readReceipt(changed("host", 156))).toThrow(/host: expected text, got 156/);
  });

  it("stores a logit sample where there is one", async () => {
    const sample = {
      ids: [3, 4],
      top: [
        { ids: [1], logits: [2.5] },
        { ids: [0], logits: [-1.25] },
      ],
    };
    const file = receiptFile(buildReceipt({ ...input, sample }));
    expect(readReceipt(new TextDecoder().decode(await collect(file)))).toEqual({ ...receipt, sample });
    sample.top[1] = { ids: [0], logits: [Number.NaN] };
    expect(() => buildReceipt({ ...input, sample })).toThrow(/finite/);
  });

  it("is of the full method where it does not name the gates", () => {
    expect(readReceipt(changed("recipe.gates", undefined))).toEqual(receipt);
    expect(readReceipt(changed("recipe.gates", "no-gru")).recipe.gates).toBe("no-gru");
    expect(readReceipt(changed("recipe.gates", "mlp")).recipe.gates).toBe("mlp");
    expect(readReceipt(changed("recipe.widthMultiple", 32)).recipe.widthMultiple).toBe(32);
    expect(readReceipt(changed("recipe.widthMultiple", undefined)).recipe.widthMultiple).toBe(1);
    expect(() => readReceipt(changed("recipe.widthMultiple", 7))).toThrow(/widthMultiple: expected one of 1, 8, 32/);
    expect(() => readReceipt(changed("recipe.gates", "half"))).toThrow(/recipe\.gates: expected one of full/);
  });

  it("drops unknown fields", () => {
    expect(readReceipt(changed("later", 1))).toEqual(receipt);
  });

  it("is refused for another model", () => {
    expect(() => masksFromReceipt(receipt, { ...config, dMlp: 24 })).toThrow(
      /model\.dMlp: expected 24, as in the open model, got 20\. .* open that model/,
    );
  });

  it("cannot be built with numbers that JSON cannot express, or masks of another model", () => {
    const [pair] = input.perplexity;
    expect(() => buildReceipt({ ...input, perplexity: pair ? [{ ...pair, pruned: Infinity }] : [] })).toThrow(/finite/);
    expect(() => buildReceipt({ ...input, masks: masks.slice(5) })).toThrow(/expected 10 masks/);
  });
});

it("writes the encoding in the current wording and accepts the older one", () => {
  expect(receipt.masks.encoding).toBe("base64; one bit per gate, eight per byte, first gate in the lowest bit");
  const older = changed("masks.encoding", "base64; one bit a gate, eight a byte, first gate in the lowest bit");
  expect(readReceipt(older)).toEqual(receipt);
});

const WRONG: [string, unknown, RegExp][] = [
  ["precision", "f8", /precision: expected one of f16/],
  ["matmul.default", 1, /matmul\.default: expected text, got 1/],
  ["format", 2, /format: expected 1, got 2\. .* update/],
  ["program.name", "other", /program\.name: expected one of Espalier/],
  ["model.layers", 3, /kept\.widths: expected a list of 3/],
  ["model.dtype", "Q4", /model\.dtype: expected one of F32, F16, BF16/],
  ["model.heads", -1, /model\.heads: expected a whole number from 1/],
  ["model.headDim", 8, /kept\.blockWeights: expected 396 of 2592, .* got 220 of 2016/],
  ["recipe.lambda", "6", /recipe\.lambda: expected a number, got "6"/],
  [
    "recipe.steps",
    0,
    /^receipt\.json: recipe\.steps: expected a whole number from 1 to 100000, got 0\. .*use the original that Espalier wrote\.$/,
  ],
  ["target.value", 50, /target\.value: expected a number from 0 to 1/],
  ["calibration.sha256", "xyz", /calibration\.sha256: expected 64 hexadecimal digits/],
  [
    "kept.widths",
    [
      [6, 4, 3, 4, 1],
      [2, 2, 2, 2, 2],
    ],
    /kept\.widths: expected 2 for s5 of block 0, .* got 1/,
  ],
  ["kept.blockWeights.kept", 217, /expected 220 of 2016, .* got 217 of 2016/],
  ["kept.modelWeights.kept", 9, /kept\.modelWeights: expected 1796 pruned, .* got 2427 \(9 of 2436 kept\)/],
  ["masks.encoding", "hex", /masks\.encoding/],
  ["masks.vectors", ["AA=="], /masks\.vectors: expected a list of 10/],
  ["masks.vectors.3", "AA==", /masks\.vectors\[3\]: expected 3 bytes for 20 gates, got 1/],
  ["perplexity", {}, /perplexity: expected a list/],
  ["perplexity.0.dense", null, /perplexity\[0\]\.dense: expected a number/],
  ["checks.0.form", "ggml", /checks\[0\]\.form: expected one of masked, compact, onnx/],
];

describe("a receipt with a wrong field", () => {
  it.each(WRONG)("is refused by the name of %s", (path, value, message) => {
    expect(() => readReceipt(changed(path, value))).toThrow(message);
  });

  it.each([
    ["not JSON", "{", /receipt\.json: expected JSON/],
    ["no object", "[]", /expected an object/],
    ["empty", "{}", /format: expected 1, got nothing/],
  ])("is refused where it is %s", (_, json, message) => {
    expect(() => readReceipt(json)).toThrow(message);
  });
});

describe("the model card", () => {
  const card = modelCard(receipt, "masked");

  it("has the receipt's numbers", () => {
    const { kept } = receipt;
    for (const share of [kept.blockWeights, kept.modelWeights, kept.compactBytes]) {
      expect(card.replaceAll(",", "")).toContain(
        `| ${share.kept} | ${share.of} | ${((100 * share.kept) / share.of).toFixed(1)} % |`,
      );
    }
    expect(card).toContain("| 0 | 6 | 4 | 3 | 4 | 2 |");
    expect(card).toContain("| held-out addresses | 512 | 20,480 | no | 19.78 | 27.09 |");
    expect(card).toContain("300 of 600 steps");
  });

  it("repeats the licence, and points out where there is none", () => {
    expect(card).toMatch(/^---\nlicense: "apache-2\.0"\nbase_model: "tiny \| model"/);
    expect(card).toContain("as stated on its model card: apache-2.0");
    const silent: Receipt = { ...receipt, model: { ...receipt.model, licence: "not stated" } };
    expect(modelCard(silent, "compact")).not.toContain("license:");
    const two = { ...receipt, model: { ...receipt.model, licence: "apache-2.0, mit (a, https://x.y)" } };
    expect(modelCard(two, "compact")).toMatch(/^---\nlicense: \["apache-2\.0","mit"\]\n/);
    expect(modelCard(silent, "compact")).toContain("state no licence");
  });

  it("describes each form, and only that form", () => {
    expect(card).toContain("**masked**");
    expect(modelCard(receipt, "compact")).toContain("trust_remote_code=True");
    expect(card).not.toContain("trust_remote_code");
  });
});

it("counts bytes in the type that is written", () => {
  const of = (written: "F32" | "F16") => buildReceipt({ ...input, dtype: "F32", written }).kept.compactBytes;
  const [whole, half] = [of("F32"), of("F16")];
  expect(2 * half.of).toBe(whole.of);
  expect(half.kept).toBeLessThan(0.6 * whole.kept);
  expect(buildReceipt({ ...input, dtype: "F32" }).kept.compactBytes).toEqual(whole);
});

describe("licenceOf", () => {
  it.each([
    ["---\nlicense: apache-2.0\ntags: [x]\n---\n# A", "apache-2.0"],
    ['---\r\nlicense: "mit"\r\n---\r\n', "mit"],
    ["---\nlicense: other\nlicense_name: llama2\nlicense_link: https://x.y\n---\n", "other (llama2, https://x.y)"],
    ["---\nlicense:\n- apache-2.0\n  - 'mit' # both\ntags:\n- x\n---\n", "apache-2.0, mit"],
    ["---\r\nlicense: \r\n- apache-2.0 # a\r\n- mit # b\r\n---\r\n", "apache-2.0, mit"],
    ['---\nlicense: [apache-2.0, "mit"]\n---\n', "apache-2.0, mit"],
    ["---\nlicense: 'mit' # x\n---\n", "mit"],
    ["---\nlicense: mit # x\n---\n", "mit"],
    ["---\nlicense: other\nlicense_link: https://x.y/#terms\n---\n", "other (https://x.y/#terms)"],
    ["---\nlicense:\n---\n", "not stated"],
    ["# A model\n\nlicense: mit\n", "not stated"],
    ["---\ntags: [x]\n---\n", "not stated"],
  ])("reads %j", async (card, licence) => {
    expect(await licenceOf(memoryFolder("model", { "README.md": card }))).toBe(licence);
  });

  it("is not stated where there is no card", async () => {
    expect(await licenceOf(memoryFolder("model", {}))).toBe("not stated");
  });
});

describe("the history of the target", () => {
  const targets = [
    [0, 0.5],
    [13, 0.4],
  ] as const;
  const recipe = { ...DEFAULT_RECIPE, ratio: 0.4 };
  const moved = buildReceipt({ ...input, recipe, targets, target: { ratio: "block weights kept", value: 0.4 } });

  it("is read back, and its steps are in order", () => {
    expect(moved).toMatchObject({ recipe: { keep: 0.4 }, targets });
    expect(readReceipt(JSON.stringify(moved))).toEqual(moved);
    expect(readReceipt(JSON.stringify(receipt)).targets).toBeUndefined();
    expect(() =>
      readReceipt(
        JSON.stringify({
          ...moved,
          targets: [
            [13, 0.4],
            [0, 0.5],
          ],
        }),
      ),
    ).toThrow(/targets\[1\]\[0\]/);
  });

  it("is in the card, as are a threshold and a training for every ratio", () => {
    expect(modelCard(moved, "masked")).toContain("moved during the training: 0.5 from step 0 on, 0.4 from step 13 on.");
    const target = { ratio: "block weights kept", value: 0.63 } as const;
    const point = buildReceipt({ ...input, recipe, targets: [[0, 0.4]], target });
    expect(modelCard(point, "masked")).toContain("a threshold at 0.63 on gates that were trained for 0.4.");
    const every = buildReceipt({ ...input, recipe: { ...recipe, ratioMode: "every" } });
    expect(modelCard(every, "masked")).toContain("One training for every ratio from 0.35 to 0.95");
    expect(modelCard(receipt, "masked")).not.toMatch(/was moved|threshold at|every ratio/);
  });
});

it.each(["opt", "phi"])("counts the biases of pruned outputs of %s, and is read", async (name) => {
  const { config: biased, masks: hard } = await loadCase(`golden/${name}`, (model) =>
    goldenMasks(model, `golden/${name}`),
  );
  const { kept } = buildReceipt({ ...input, config: biased, masks: hard });
  const gone = (share: { kept: number; of: number }): number => share.of - share.kept;
  expect(gone(kept.modelWeights)).toBeGreaterThan(gone(kept.blockWeights));
  const text = JSON.stringify(buildReceipt({ ...input, config: biased, masks: hard }));
  expect(readReceipt(text).kept).toEqual(kept);
  const wrong = text.replace(`"kept":${kept.modelWeights.kept}`, `"kept":${kept.modelWeights.kept - 1}`);
  expect(() => readReceipt(wrong)).toThrow(/and the biases of pruned outputs/);
});

it("has a card that names dropped modules", () => {
  const fewer = masks.map((mask, vector) => (vector === 1 || vector > 6 ? new Uint8Array(mask.length) : mask));
  const card = modelCard(buildReceipt({ ...input, masks: withoutIdleModules(config, fewer) }), "compact");
  expect(card).toContain("Nothing is kept of attention of block 0; MLP of block 1. The compact");
  expect(modelCard(receipt, "compact")).not.toContain("Nothing is kept");
});
