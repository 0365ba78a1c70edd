// For tests: the bytes of a checkpoint's file.
import { collectBytes } from "../formats/files/memoryFolder.ts";
import { type Checkpoint, checkpointChunks } from "./checkpoint.ts";

export const encodeCheckpoint = async (checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> =>
  collectBytes(await checkpointChunks(checkpoint));
