// The weights of an export: model.safetensors, or shards of a chosen size with the index that transformers looks for.
import { invariant } from "../../errors.ts";
import { jsonFile, type OutputFile } from "../files/outputFile.ts";
import {
  INDEX_FILE,
  safetensorsLayout,
  SINGLE_FILE,
  writeSafetensors,
  type TensorInfo,
  type TensorStream,
} from "./safetensors.ts";

/** transformers loads a file only if its metadata names PyTorch's layout. */
const METADATA = { format: "pt" };

/** Shard numbers have this many digits: model-00001-of-00003.safetensors. */
const NUMBER_DIGITS = 5;

/**
 * The files of the weights, produced tensor by tensor while they are read: at most a few rows of one tensor are in memory. With
 * `shardBytes`, tensors are assigned to shards in the order of a single file; a shard contains at most that many bytes of tensors,
 * or one larger tensor. If everything fits in one shard, it is written as a single file.
 * Throws "shape" for a `shardBytes` that is not a positive whole number.
 */
export function weightsFiles(tensors: readonly TensorStream[], shardBytes?: number): OutputFile[] {
  invariant(
    shardBytes === undefined || (Number.isSafeInteger(shardBytes) && shardBytes > 0),
    "shape",
    `shard size: expected a whole number of bytes above zero, got ${shardBytes ?? 0}`,
  );
  const { tensors: ordered } = safetensorsLayout(tensors);
  const groups = groupsOf(ordered, shardBytes ?? Infinity);
  if (groups.length <= 1) return [weightsFile(SINGLE_FILE, tensors)];
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const digits = (n: number): string => String(n).padStart(NUMBER_DIGITS, "0");
  const shardName = (i: number): string => `model-${digits(i + 1)}-of-${digits(groups.length)}.safetensors`;
  const shards = groups.map((group, i) => {
    const streams = group.map(({ name }) => byName.get(name)).filter((stream) => stream !== undefined);
    return weightsFile(shardName(i), streams);
  });
  const shardOf = groups.flatMap((group, i) => group.map(({ name }) => [name, shardName(i)] as const));
  const index = {
    metadata: { total_size: ordered.reduce((sum, { begin, end }) => sum + end - begin, 0) },
    weight_map: Object.fromEntries(shardOf),
  };
  return [...shards, jsonFile(INDEX_FILE, index)];
}

/** Consecutive tensors of at most `shardBytes` bytes together; a larger tensor is a group of its own. */
function groupsOf(tensors: readonly TensorInfo[], shardBytes: number): TensorInfo[][] {
  const groups: TensorInfo[][] = [];
  let free = 0;
  for (const tensor of tensors) {
    const bytes = tensor.end - tensor.begin;
    const group = groups.at(-1);
    if (group && bytes <= free) group.push(tensor);
    else {
      groups.push([tensor]);
      free = shardBytes;
    }
    free -= bytes;
  }
  return groups;
}

function weightsFile(name: string, tensors: readonly TensorStream[]): OutputFile {
  return {
    name,
    sizeBytes: safetensorsLayout(tensors, METADATA).sizeBytes,
    stream: () => writeSafetensors(tensors, METADATA),
  };
}
