// The checkpoint of a model's last run, in the origin's private file system.
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type OpenedModel } from "../../engine/index.ts";
import { readFile, remove, writeFile } from "../storage/opfs.ts";

export class CheckpointFile {
  private readonly path: string;

  constructor(private readonly opened: Pick<OpenedModel, "fingerprint">) {
    this.path = `checkpoints/${opened.fingerprint}.safetensors`;
  }

  /** The model's checkpoint; undefined if there is none. A damaged one is removed. */
  async read(): Promise<Checkpoint | undefined> {
    const file = await readFile(this.path);
    if (!file || file.size === 0) return undefined;
    try {
      const checkpoint = await decodeCheckpoint(new Uint8Array(await file.arrayBuffer()));
      return checkpoint.subject.startsWith(this.opened.fingerprint) ? checkpoint : undefined;
    } catch {
      await this.remove();
      return undefined;
    }
  }

  /** Throws "storage". */
  async write(checkpoint: Checkpoint): Promise<void> {
    await writeFile(this.path, [await encodeCheckpoint(checkpoint)]);
  }

  remove(): Promise<void> {
    return remove(this.path);
  }
}
