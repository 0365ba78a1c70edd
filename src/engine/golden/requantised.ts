// Models that came as GGUF, pruned in their own files, for Python to compute the same bytes: by vectors, with changed weights, and by single weights.
import { invariant } from "../errors.ts";
import type { Folder } from "../formats/files/folder.ts";
import { memorySource } from "../formats/files/memoryFolder.ts";
import { collect, copiedFile, jsonFile, type OutputFile } from "../formats/files/outputFile.ts";
import { ggufFolder } from "../formats/gguf/ggufFolder.ts";
import { maskedTensors } from "../formats/gguf/write/editedTensors.ts";
import { exportEditedGguf, exportMaskedGguf } from "../formats/gguf/write/exportGguf.ts";
import type { GgufExport } from "../formats/gguf/write/ggufRecord.ts";
import { GGUF_TYPES } from "../formats/gguf/write/quantize.ts";
import { readRawConfig } from "../formats/export/exportFiles.ts";
import { openWeights } from "../formats/safetensors/safetensors.ts";
import { readConfig } from "../config/config.ts";
import { gateLayout } from "../masks/gates.ts";
import { mlpMatrices } from "../masks/mlpMatrices.ts";
import { blockTensors } from "../masks/tensorGates.ts";
import { packMask } from "../masks/weightMasks.ts";
import { overlaid } from "../recover/overlay.ts";
import { openCase } from "./case.ts";

/** What every weight of the blocks is multiplied by where weights change. verify_gguf.py has the same number. */
const FACTOR = 0.8125;
/** Whether a single weight stays; the same in verify_gguf.py. */
const stays = (row: number, column: number): boolean => (3 * row + 7 * column) % 5 < 3;

const ORIGIN = { name: "a golden case", licence: "not stated", version: "0", recipe: {}, keep: 0.5 };

/**
 * By the name of a folder: source.gguf, masked.gguf, changed.gguf, weights.gguf and masks.json (`vectors`, the gates of each vector). The cases
 * are `quantised`, and `plain` written in every type of exports. Throws what `openCase` and the exporters throw.
 */
export async function requantised(plain: Folder, quantised: Folder): Promise<Record<string, OutputFile[]>> {
  const model = await quantised.open("model.gguf");
  const cases: Record<string, OutputFile[]> = {
    quantised: await prunedFiles(quantised, await model.read(0, model.size)),
  };
  const { config } = await openCase(plain);
  const masks = gateLayout(config).sizes.map((size) => new Uint8Array(size).fill(1));
  for (const type of GGUF_TYPES) {
    const { files } = await exportMaskedGguf({ folder: plain, config, masks }, { origin: ORIGIN, type });
    cases[type.toLowerCase()] = await prunedFiles(plain, await collect(firstOf(files)));
  }
  return cases;
}

const firstOf = ([file]: readonly OutputFile[]): OutputFile => {
  invariant(file, "bug", "expected a file of an export, got none");
  return file;
};

const named = (name: string, { files }: GgufExport): OutputFile => ({ ...firstOf(files), name });

async function prunedFiles(golden: Folder, bytes: Uint8Array<ArrayBuffer>): Promise<OutputFile[]> {
  const source = memorySource("source.gguf", bytes);
  const folder = await ggufFolder(source);
  const config = readConfig(await readRawConfig(folder));
  const weights = await openWeights(folder);
  const { mask } = await openCase(golden);
  const masks = await Promise.all(gateLayout(config).sizes.map((_, vector) => mask(`hard.mask.${vector}`)));
  const scaled = new Map<string, Float32Array<ArrayBuffer>>();
  for (const { name } of blockTensors(config))
    scaled.set(
      name,
      (await weights.readFloat32(name)).map((value) => value * FACTOR),
    );
  const single = mlpMatrices(config).map((matrix) => {
    const [rows, columns] = matrix.shape;
    return packMask(
      matrix,
      Uint8Array.from({ length: rows * columns }, (_, i) => +stays(Math.floor(i / columns), i % columns)),
    );
  });
  const edited = maskedTensors(weights, config, single);
  const choice = { origin: ORIGIN };
  const recoveredWeights = overlaid(weights, scaled);
  return [
    copiedFile(source, "source.gguf"),
    named("masked.gguf", await exportMaskedGguf({ folder, config, masks }, choice)),
    named("changed.gguf", await exportMaskedGguf({ folder, config, masks, recoveredWeights }, choice)),
    named(
      "weights.gguf",
      await exportEditedGguf({ folder, config }, { weights, edited, masks: { weights: single } }, choice),
    ),
    jsonFile("masks.json", { vectors: masks.map((gates) => [...gates]) }),
  ];
}
