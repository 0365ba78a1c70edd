// What the tests of the onnx form share: golden cases and the embedded model with masks, and looking into the files of an export.
import { readdirSync, readFileSync } from "node:fs";
import { readConfig, type ModelConfig } from "../../config/config.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import { readJson } from "../files/folder.ts";
import type { ExportSource } from "../export/exportFiles.ts";
import { memoryFolder, memorySource } from "../files/memoryFolder.ts";
import { collect, type OutputFile } from "../files/outputFile.ts";
import { readSafetensors } from "../safetensors/safetensors.ts";
import { ONNX_FILE } from "./exportOnnx.ts";
import { parseOnnx, type ParsedModel, type ParsedTensor } from "./parseOnnx.fixture.ts";

/** TensorProto.DataType */
export const F32 = 1;
export const F16 = 10;

/** The model in a folder, pruned by the golden case's own masks where it has some, by invented ones otherwise. */
export async function openTestCase(path: string): Promise<ExportSource> {
  const names = readdirSync(path);
  const folder = memoryFolder(path, Object.fromEntries(names.map((name) => [name, readFileSync(`${path}/${name}`)])));
  const config = readConfig(await readJson(await folder.open("config.json")));
  const masks = names.includes("golden.safetensors") ? await goldenMasks(config, path) : inventedMasks(config);
  return { folder, config, masks };
}

async function goldenMasks(config: ModelConfig, path: string): Promise<Masks> {
  const file = await readSafetensors(memorySource("golden", readFileSync(`${path}/golden.safetensors`)));
  return Promise.all(gateLayout(config).sizes.map((_, i) => file.readTensor(`hard.mask.${i}`)));
}

/** About half of each vector, all different. */
function inventedMasks(config: ModelConfig): Masks {
  return gateLayout(config).sizes.map((size, vector) =>
    Uint8Array.from({ length: size }, (_, gate) => (Math.sin(gate * 7.3 + vector) > -0.1 ? 1 : 0)),
  );
}

/** Masks that keep everything. */
export function allOnes(config: ModelConfig): Masks {
  return gateLayout(config).sizes.map((size) => new Uint8Array(size).fill(1));
}

export async function fileOf(files: readonly OutputFile[], name: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = files.find((candidate) => candidate.name === name);
  if (!file) throw new Error(`no ${name} in ${files.map((each) => each.name).join(", ")}`);
  return collect(file);
}

export async function jsonOf(files: readonly OutputFile[], name: string): Promise<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(await fileOf(files, name))) as Record<string, unknown>;
}

export async function onnxModelOf(files: readonly OutputFile[]): Promise<ParsedModel> {
  return parseOnnx(await fileOf(files, ONNX_FILE));
}

export function tensorOf({ tensors }: ParsedModel, name: string): ParsedTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`no tensor ${name}`);
  return tensor;
}
