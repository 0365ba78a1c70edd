// The files of a low-rank adapter: names and shapes that peft expects, the factors bit for bit, and their folder within the masked form.
import { expect, it } from "vitest";
import { collect, outputFolder } from "../files/outputFile.ts";
import { readJson } from "../files/folder.ts";
import { readSafetensors } from "../safetensors/safetensors.ts";
import { EXPORT_CASES, loadCase } from "./export.fixture.ts";
import { exportMasked } from "./exportMasked.ts";
import { type LowRankAdapter, peftFiles } from "./peftAdapter.ts";

const RANK = 2;
const factor = (first: number, count: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count }, (_, i) => first + i / 8);
const ADAPTER: LowRankAdapter = {
  rank: RANK,
  factors: new Map([
    ["model.layers.0.self_attn.q_proj.weight", { shape: [6, 5], a: factor(1, 10), b: factor(2, 12) }],
    ["model.layers.1.self_attn.q_proj.weight", { shape: [6, 5], a: factor(3, 10), b: factor(4, 12) }],
    ["model.layers.1.mlp.down_proj.weight", { shape: [5, 7], a: factor(5, 14), b: factor(6, 10) }],
  ]),
};

it("has peft's names and shapes, and the factors bit for bit", async () => {
  const folder = outputFolder("adapter", peftFiles(ADAPTER));
  expect(await readJson(await folder.open("lora/adapter_config.json"))).toMatchObject({
    ...{ peft_type: "LORA", r: RANK, lora_alpha: RANK, base_model_name_or_path: null },
    target_modules: ["down_proj", "q_proj"],
  });
  const file = await readSafetensors(await folder.open("lora/adapter_model.safetensors"));
  expect(file.tensors.size).toBe(6);
  for (const [name, { shape, a, b }] of ADAPTER.factors) {
    const module = `base_model.model.${name.slice(0, -".weight".length)}`;
    expect(file.tensors.get(`${module}.lora_A.weight`)).toMatchObject({ dtype: "F32", shape: [RANK, shape[1]] });
    expect(file.tensors.get(`${module}.lora_B.weight`)).toMatchObject({ dtype: "F32", shape: [shape[0], RANK] });
    expect(await file.readFloat32(`${module}.lora_A.weight`)).toEqual(a);
    expect(await file.readFloat32(`${module}.lora_B.weight`)).toEqual(b);
  }
});

it("has exactly the announced number of bytes", async () => {
  for (const file of peftFiles(ADAPTER)) expect((await collect(file)).length).toBe(file.sizeBytes);
});

it("is below the masked form, where transformers does not apply it a second time", async () => {
  const [one] = EXPORT_CASES;
  if (!one) throw new Error("expected a case");
  const source = await loadCase(one.path, one.masksOf);
  const namesOf = async (more: object): Promise<string[]> =>
    (await exportMasked({ ...source, ...more })).map(({ name }) => name);
  const [plain, adapted] = [await namesOf({}), await namesOf({ adapter: ADAPTER })];
  const added = adapted.filter((name) => !plain.includes(name));
  expect(added).toEqual(["lora/adapter_config.json", "lora/adapter_model.safetensors", "lora/README.md"]);
});

it("joins the adapters of layers that files store as one: the product is that of each, in its rows", async () => {
  const factors = new Map([
    ["q.weight", { shape: [2, 3], a: factor(1, 6), b: factor(2, 4) }],
    ["v.weight", { shape: [1, 3], a: factor(3, 6), b: factor(4, 2) }],
  ]);
  const parts = [...factors].map(([name, { shape }]) => ({ name, rows: shape[0] ?? 0 }));
  const files = peftFiles({ rank: RANK, factors }, [{ name: "qkv.weight", parts }]);
  const folder = outputFolder("adapter", files);
  expect(await readJson(await folder.open("lora/adapter_config.json"))).toMatchObject({
    ...{ r: RANK, target_modules: ["qkv"] },
    ...{ rank_pattern: { qkv: 2 * RANK }, alpha_pattern: { qkv: 2 * RANK } },
  });
  const file = await readSafetensors(await folder.open("lora/adapter_model.safetensors"));
  const [a, b] = await Promise.all(
    ["A", "B"].map((one) => file.readFloat32(`base_model.model.qkv.lora_${one}.weight`)),
  );
  expect(product(a, b, 2 * RANK)).toEqual([...factors.values()].flatMap((own) => product(own.a, own.b, RANK)));
});

/** b a, row by row. a has 3 columns. */
function product(a: Float32Array = factor(0, 0), b: Float32Array = a, rank = RANK): number[] {
  return Array.from({ length: (3 * b.length) / rank }, (_, at) => {
    const [row, column] = [Math.floor(at / 3), at % 3];
    return Array.from({ length: rank }, (_, i) => (b[row * rank + i] ?? 0) * (a[3 * i + column] ?? 0)).reduce(
      (sum, one) => sum + one,
    );
  });
}
