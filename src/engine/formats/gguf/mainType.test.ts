// The size and the element type that a GGUF file has on disk, unlike those of the weights that are read from it.
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { memoryFolder } from "../files/memoryFolder.ts";
import { openWeights } from "../safetensors/safetensors.ts";
import { mainType } from "./mainType.ts";
import { modelFolder } from "./modelFolder.ts";
import { ggufOfFolder } from "./models.fixture.ts";

const tensor = (name: "F32" | "F16" | "Q4_K" | "Q6_K" | "Q4_1", ...shape: number[]) => ({ type: { name }, shape });

it("is that of most values, not of most tensors", () => {
  const norms = Array.from({ length: 20 }, () => tensor("F32", 64));
  expect(mainType([...norms, tensor("Q4_1", 64, 256)])).toBe("Q4_1");
  expect(mainType([...norms, tensor("Q6_K", 64, 256), tensor("Q4_K", 128, 256)])).toBe("Q4_K");
  expect(mainType([])).toBe("F32");
});

it("is given with the bytes of the file", async () => {
  const files = readdirSync("golden/llama").map((name) => [name, readFileSync(`golden/llama/${name}`)] as const);
  const bytes = await ggufOfFolder(memoryFolder("llama", Object.fromEntries(files)));
  const folder = await modelFolder(memoryFolder("llama", { "llama.gguf": bytes, LICENSE: Buffer.from("mit") }));
  expect(folder.stored).toEqual({ bytes: bytes.length, dtype: "F32" });
  expect((await openWeights(folder)).sizeBytes).toBeLessThan(bytes.length);
});
