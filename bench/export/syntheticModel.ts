// Writes a synthetic model to disk, for measurements of reading and writing files.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { memorySource } from "../../src/engine/formats/files/memoryFolder.ts";
import { type SyntheticDtype, syntheticModel, type SyntheticShape } from "../../src/lab/syntheticModel.ts";

/** Has at most 2048 tokens; the further rows of a larger vocabulary are unused. */
const TOKENIZER = "public/model/tokenizer.json";
const CHUNK_BYTES = 1 << 22;

/** Writes the folder, a few megabytes at a time, unless it exists. */
export async function writeSyntheticModel(
  path: string,
  shape: SyntheticShape,
  dtype: SyntheticDtype = "F32",
): Promise<void> {
  const file = join(path, "model.safetensors");
  if (existsSync(file)) return;
  mkdirSync(path, { recursive: true });
  const folder = syntheticModel(path, shape, memorySource("tokenizer.json", readFileSync(TOKENIZER)), dtype);
  for (const name of ["config.json", "tokenizer.json"]) {
    const source = await folder.open(name);
    writeFileSync(join(path, name), await source.read(0, source.size));
  }
  const weights = await folder.open("model.safetensors");
  const out = openSync(`${file}.part`, "w");
  for (let at = 0; at < weights.size; at += CHUNK_BYTES)
    writeSync(out, await weights.read(at, Math.min(CHUNK_BYTES, weights.size - at)));
  closeSync(out);
  renameSync(`${file}.part`, file);
}
