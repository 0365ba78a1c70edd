// Models with masks for the tests of exports: the golden LLaMA (F32) with PyTorch's masks, others with invented ones.
import { readdirSync, readFileSync } from "node:fs";
import { readConfig, type ModelConfig } from "../../config/config.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import { readJson, type Folder } from "../files/folder.ts";
import { memoryFolder, memorySource } from "../files/memoryFolder.ts";
import { separated } from "../safetensors/fused.ts";
import { openWeights, readSafetensors, type Weights } from "../safetensors/safetensors.ts";

/** The files of a folder on disk, in memory. */
export function loadFolder(path: string): Folder {
  const names = readdirSync(path);
  return memoryFolder(path, Object.fromEntries(names.map((name) => [name, readFileSync(`${path}/${name}`)])));
}

export interface ExportCase {
  folder: Folder;
  config: ModelConfig;
  masks: Masks;
  weights: Weights;
}

export async function loadCase(
  path: string,
  masksOf: (config: ModelConfig) => Promise<Masks> | Masks,
): Promise<ExportCase> {
  const folder = loadFolder(path);
  const config = readConfig(await readJson(await folder.open("config.json")));
  return { folder, config, masks: await masksOf(config), weights: await openWeights(await separated(folder, config)) };
}

/** The hard masks of a golden case. */
export async function goldenMasks(config: ModelConfig, path = "golden/llama"): Promise<Masks> {
  const file = await readSafetensors(memorySource("golden", readFileSync(`${path}/golden.safetensors`)));
  return Promise.all(
    gateLayout(config).sizes.map(async (_, i) => Uint8Array.from(await file.readFloat32(`hard.mask.${i}`))),
  );
}

/** Masks that keep about half of each vector, all different. */
export function inventedMasks(config: ModelConfig): Masks {
  return gateLayout(config).sizes.map((size, vector) =>
    Uint8Array.from({ length: size }, (_, gate) => (Math.sin(gate * 7.3 + vector) > -0.1 ? 1 : 0)),
  );
}

/** One model in F32 and one in F16. */
export const EXPORT_CASES = [
  { name: "golden LLaMA in F32", path: "golden/llama", masksOf: (config: ModelConfig) => goldenMasks(config) },
  { name: "embedded model in F16", path: "public/model", masksOf: inventedMasks },
];
