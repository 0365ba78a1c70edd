// Checkpoints of a command's training, in a folder of the command line's local server.
import {
  type Checkpoint,
  checkpointChunks,
  decodeCheckpoint,
  EngineError,
  invariant,
  sameFields,
  type Session,
} from "../../engine/index.ts";

export interface CheckpointFolder {
  /** See host/localFiles.ts. */
  url: string;
  /** Names of the files, which are written in turn. */
  files: readonly string[];
  /** Whether to continue the checkpoint that is there. */
  resume: boolean;
}

const ADVICE = "Repeat the command as it was, or leave out --resume to start anew.";

export class ServedCheckpoints {
  private written = 0;
  private failed = false;

  constructor(
    private readonly folder: CheckpointFolder,
    private readonly notice: (text: string) => void,
  ) {}

  /**
   * Continues the newest checkpoint in a session, if that was asked for. Throws "config" where there is none that can be read, or one of another
   * model, text or recipe.
   */
  async resume(session: Session, subject: string): Promise<void> {
    if (!this.folder.resume) return;
    const { checkpoint, reasons, at } = await this.newest();
    const why = reasons.length > 0 ? ` (${reasons.join("; ")})` : "";
    invariant(checkpoint, "config", `--resume: expected a checkpoint in --out, found none${why}. ${ADVICE}`);
    invariant(
      checkpoint.subject === subject && sameFields(checkpoint.recipe, session.recipe),
      "config",
      `--resume: expected the model, the text and the recipe of the interrupted command, got others. ${ADVICE}`,
    );
    session.restore(checkpoint);
    this.written = at + 1;
    for (const reason of reasons) this.notice(`A damaged checkpoint was left out (${reason}).`);
    this.notice(`Continues at step ${checkpoint.step} of ${checkpoint.recipe.steps}.`);
  }

  /** A failure is reported once and does not end the training. */
  async write(checkpoint: Checkpoint): Promise<void> {
    const { url, files } = this.folder;
    const address = `${url}/${files[this.written % files.length] ?? ""}?part=0&done=1`;
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of await checkpointChunks(checkpoint)) chunks.push(chunk);
    const body = new Blob(chunks);
    const reason = await fetch(address, { method: "PUT", body }).then(
      (response) => (response.ok ? undefined : response.text()),
      (error: unknown) => String(error),
    );
    this.written += 1;
    if (reason === undefined || this.failed) return;
    this.failed = true;
    this.notice(`A checkpoint could not be written, so an interrupted training cannot be resumed: ${reason}`);
  }

  private async newest(): Promise<{ checkpoint?: Checkpoint; at: number; reasons: string[] }> {
    const reasons: string[] = [];
    let found: { checkpoint?: Checkpoint; at: number } = { at: -1 };
    for (const [at, name] of this.folder.files.entries()) {
      const response = await fetch(`${this.folder.url}/${name}`);
      if (!response.ok) continue;
      try {
        const checkpoint = await decodeCheckpoint(new Uint8Array(await response.arrayBuffer()));
        if (checkpoint.step > (found.checkpoint?.step ?? -1)) found = { checkpoint, at };
      } catch (error) {
        reasons.push(EngineError.from(error).message);
      }
    }
    return { ...found, reasons };
  }
}
