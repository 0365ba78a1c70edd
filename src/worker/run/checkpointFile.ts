// The checkpoint of a model's last run, in the origin's private file system.
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  EngineError,
  type OpenedModel,
} from "../../engine/index.ts";
import { readFile, remove, setAside, writeFile } from "../storage/opfs.ts";

export class CheckpointFile {
  private readonly path: string;

  constructor(private readonly opened: Pick<OpenedModel, "fingerprint">) {
    this.path = `checkpoints/${opened.fingerprint}.safetensors`;
  }

  /** The model's checkpoint; undefined if there is none. Throws "format" for a damaged one, which is set aside with the reason. */
  async read(): Promise<Checkpoint | undefined> {
    const file = await readFile(this.path);
    if (!file || file.size === 0) return undefined;
    try {
      const checkpoint = await decodeCheckpoint(new Uint8Array(await file.arrayBuffer()));
      return checkpoint.subject.startsWith(this.opened.fingerprint) ? checkpoint : undefined;
    } catch (error) {
      throw await damaged("The last run cannot be resumed", this.path, error);
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

/** Sets a damaged file aside, and returns the error that says so. `effect`: what cannot be done, as the beginning of a sentence. */
export async function damaged(effect: string, path: string, error: unknown): Promise<EngineError> {
  const { message, detail } = EngineError.from(error);
  const place = await setAside(path, message);
  const kept = place === undefined ? "The file stays where it is." : `The file was set aside as ${place}.`;
  return new EngineError("format", `${effect}. ${message} ${kept}`, detail);
}
