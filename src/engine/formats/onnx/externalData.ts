// Weights in separate files: protobuf is limited to 2 GB, so larger models store their tensors in .onnx_data files.
import type { OutputFile } from "../files/outputFile.ts";
import type { ExternalLocation, OnnxTensor } from "./onnxProto.ts";

/** Smaller tensors stay in the model's file, because runtimes read shapes and axes there. */
const SMALLEST_BYTES = 1024;
/** Tensors start at multiples of this, so that a runtime can map the file into memory. */
const PAGE_BYTES = 4096;

interface ExternalData {
  locations: ReadonlyMap<string, ExternalLocation>;
  files: readonly OutputFile[];
}

interface DataFile {
  location: string;
  tensors: { tensor: OnnxTensor; offset: number }[];
  sizeBytes: number;
}

/**
 * Distributes the tensors over files beside `modelPath`, each of at most `limitBytes` unless a single tensor is larger. Their names are
 * those that transformers.js requests: model.onnx_data, model.onnx_data_1, model.onnx_data_2, ...
 */
export function externalData(modelPath: string, tensors: readonly OnnxTensor[], limitBytes: number): ExternalData {
  const folder = modelPath.slice(0, modelPath.lastIndexOf("/") + 1);
  const stem = `${modelPath.slice(folder.length)}_data`;
  const locations = new Map<string, ExternalLocation>();
  const files: DataFile[] = [];
  for (const tensor of tensors) {
    const { sizeBytes } = tensor.data;
    if (sizeBytes < SMALLEST_BYTES) continue;
    let file = files.at(-1);
    let offset = file ? Math.ceil(file.sizeBytes / PAGE_BYTES) * PAGE_BYTES : 0;
    if (!file || offset + sizeBytes > limitBytes) {
      file = { location: files.length === 0 ? stem : `${stem}_${files.length}`, tensors: [], sizeBytes: 0 };
      files.push(file);
      offset = 0;
    }
    file.tensors.push({ tensor, offset });
    file.sizeBytes = offset + sizeBytes;
    locations.set(tensor.name, { location: file.location, offset });
  }
  return { locations, files: files.map((file) => dataFile(folder, file)) };
}

function dataFile(folder: string, { location, tensors, sizeBytes }: DataFile): OutputFile {
  return {
    name: folder + location,
    sizeBytes,
    async *stream() {
      let at = 0;
      for (const { tensor, offset } of tensors) {
        if (offset > at) yield new Uint8Array(offset - at);
        yield* tensor.data.chunks();
        at = offset + tensor.data.sizeBytes;
      }
    },
  };
}
