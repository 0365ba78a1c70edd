// For tests of the onnx form: golden cases and the embedded model with masks, and access to the files of an export.
import type { ModelConfig } from "../../config/config.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import { goldenMasks, inventedMasks, loadCase, loadFolder } from "../export/export.fixture.ts";
import type { ExportSource } from "../export/exportFiles.ts";
import { collect, type OutputFile } from "../files/outputFile.ts";
import { ONNX_FILE } from "./exportOnnx.ts";
import { parseOnnx, type ParsedModel, type ParsedTensor } from "./parseOnnx.fixture.ts";

/** TensorProto.DataType */
export const F32 = 1;
export const F16 = 10;

/** The model in a folder, with the golden case's own masks where it has some, otherwise with invented ones. */
export async function openTestCase(path: string): Promise<ExportSource> {
  const isGolden = loadFolder(path).list().includes("golden.safetensors");
  return loadCase(path, isGolden ? (config) => goldenMasks(config, path) : inventedMasks);
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
