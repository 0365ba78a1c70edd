// A folder with a changed config.json, changed tensors or further files, for tests of contradictions between files.
import { type Dtype, fromFloat32 } from "../dtype.ts";
import { type Folder, readJson } from "../formats/files/folder.ts";
import { collectBytes, memoryFolder } from "../formats/files/memoryFolder.ts";
import { openWeights, writeSafetensors } from "../formats/safetensors/safetensors.ts";

export interface StoredTensor {
  dtype: Dtype;
  shape: readonly number[];
  bytes: Uint8Array<ArrayBuffer>;
}

type Tensors = Map<string, StoredTensor>;

interface ModelChanges {
  config?: Record<string, unknown>;
  /** Changes the map in place, or returns another. */
  tensors?: (tensors: Tensors) => Tensors | undefined;
  /** Further files; undefined removes one. */
  files?: Record<string, string | Uint8Array | undefined>;
}

/** `original` in memory with changes; its weights become one file. */
export async function changedModel(original: Folder, changes: ModelChanges): Promise<Folder> {
  const files: Record<string, string | Uint8Array> = {};
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
    const source = await original.open(name);
    files[name] = await source.read(0, source.size);
  }
  const config = (await readJson(await original.open("config.json"))) as Record<string, unknown>;
  files["config.json"] = JSON.stringify({ ...config, ...changes.config });
  const weights = await openWeights(original);
  const stored: Tensors = new Map();
  for (const name of weights.names) {
    const { dtype, shape } = weights.info(name);
    stored.set(name, { dtype, shape, bytes: await weights.readBytes(name) });
  }
  const tensors = changes.tensors?.(stored) ?? stored;
  const streams = [...tensors].map(([name, { bytes, ...rest }]) => ({ name, ...rest, chunks: () => [bytes] }));
  files["model.safetensors"] = await collectBytes(writeSafetensors(streams, { format: "pt" }));
  for (const [name, content] of Object.entries(changes.files ?? {})) {
    if (content === undefined) delete files[name];
    else files[name] = content;
  }
  return memoryFolder(original.name, files);
}

/** Every tensor under another name. */
export function renameAll(name: (stored: string) => string): (tensors: Tensors) => Tensors {
  return (tensors) => new Map([...tensors].map(([stored, tensor]) => [name(stored), tensor]));
}

/** The tensor with `amount` added to each value; F32 only. */
function shifted({ dtype, shape, bytes }: StoredTensor, amount: number): StoredTensor {
  const values = new Float32Array(bytes.slice().buffer).map((value, i) => value + (i % 3 === 0 ? amount : -amount / 2));
  return { dtype, shape, bytes: fromFloat32(values, "F32") };
}

/** The head and embedding of LLaMA's names. */
export const HEAD = "lm_head.weight";
export const EMBEDDING = "model.embed_tokens.weight";

/** Stores a head beside a tied embedding, with `amount` added to each value. */
export const withHead =
  (amount: number) =>
  (tensors: Tensors): undefined => {
    const embedding = tensors.get(EMBEDDING);
    if (embedding) tensors.set(HEAD, shifted(embedding, amount));
  };
