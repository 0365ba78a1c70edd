// What a command saves to continue after an interrupt, in a folder of the command line's local server: its training, the blocks of single
// weights that it has pruned, and its recovery.
import {
  type Checkpoint,
  decodeBlock,
  decodeCheckpoint,
  decodeRecovery,
  differentField,
  encodeBlock,
  encodeCheckpoint,
  EngineError,
  invariant,
  type ModelConfig,
  type PrunedBlock,
  type RecoverSession,
  type Session,
  type WeightRecipe,
  writtenName,
} from "../../engine/index.ts";

export interface CheckpointFolder {
  /** See host/localFiles.ts. */
  url: string;
  /** Whether to continue what is there. */
  resume: boolean;
}

const ADVICE = "Repeat the command as it was, or leave out --resume and empty --out to start anew.";

/** Pruned blocks as `pruneWeights` asks for them. */
interface KeptBlocks {
  known(block: number): Promise<PrunedBlock | undefined>;
  onBlock(pruned: PrunedBlock): Promise<void>;
}

export class ServedCheckpoints {
  private readonly training: TwoFiles<Checkpoint>;
  private readonly recovery: TwoFiles<Awaited<ReturnType<typeof decodeRecovery>>>;
  private failed = false;

  constructor(
    private readonly folder: CheckpointFolder,
    private readonly notice: (text: string) => void,
  ) {
    this.training = new TwoFiles(this, "run", decodeCheckpoint);
    this.recovery = new TwoFiles(this, "recover", decodeRecovery);
  }

  /**
   * Continues the newest checkpoint in a training, if that was asked for. Throws "config" where there is none that can be read, or one of
   * another model, text or recipe.
   */
  async resume(session: Session, subject: string): Promise<void> {
    if (!this.folder.resume) return;
    const { found: checkpoint, why } = await this.training.newest();
    invariant(checkpoint, "config", `--resume: expected a checkpoint in --out, found none${why}. ${ADVICE}`);
    requireSame({ subject, recipe: session.recipe }, checkpoint, "the model and the text");
    session.restore(checkpoint);
    this.notice(`Continues at step ${checkpoint.step} of ${checkpoint.recipe.steps}.`);
  }

  async write(checkpoint: Checkpoint): Promise<void> {
    await this.training.write(() => encodeCheckpoint(checkpoint));
  }

  /** Continues the newest checkpoint in a recovery, if that was asked for and there is one. Throws "config" for one of something else. */
  async resumeRecovery(session: RecoverSession): Promise<void> {
    if (!this.folder.resume) return;
    const { found, bytes } = await this.recovery.newest();
    if (!found || !bytes) return;
    // before the subject, which the weights of a refit belong to: these depend on the guard's windows too
    const { context } = session;
    requireEqual("context", { given: context, saved: found.context ?? context });
    requireSame(session, found, "the pruned model and the text");
    await session.restore(bytes);
    this.notice(`Continues the recovery at step ${found.step} of ${found.recipe.steps}.`);
  }

  async writeRecovery(session: RecoverSession): Promise<void> {
    await this.recovery.write(() => session.checkpoint());
  }

  /**
   * The blocks of a pruning of single weights. Throws "config" where a resumed one has another model, text or recipe, or its first block
   * is missing.
   */
  blocks(of: { config: ModelConfig; recipe: WeightRecipe; subject: string }): KeptBlocks {
    const { config, recipe, subject } = of;
    const name = (block: number): string => `block.${block}.safetensors`;
    const { resume } = this.folder;
    return {
      known: async (block) => {
        const bytes = resume ? await this.read(name(block)) : undefined;
        invariant(
          bytes || block > 0 || !resume,
          "config",
          `--resume: expected pruned blocks in --out, found none. ${ADVICE}`,
        );
        if (!bytes) return undefined;
        const saved = await decodeBlock(bytes, { config, block }).catch((error: unknown) => {
          this.notice(`A damaged file was left out (${EngineError.from(error).message})`);
        });
        if (!saved) return undefined;
        requireSame({ subject, recipe }, saved, "the model and the text");
        return saved.pruned;
      },
      onBlock: async (pruned) => {
        await this.put(name(pruned.block), () => encodeBlock({ recipe, subject, pruned }));
      },
    };
  }

  /** A file of the folder; undefined where there is none. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const response = await fetch(`${this.folder.url}/${name}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  }

  /** Writes a file. A failure is reported once and does not end the work; a lost device and numbers that are not finite do. */
  async put(name: string, make: () => Promise<Uint8Array<ArrayBuffer>>): Promise<boolean> {
    try {
      const body = new Blob([await make()]);
      const response = await fetch(`${this.folder.url}/${name}?part=0&done=1`, { method: "PUT", body });
      if (response.ok) return true;
      throw new Error((await response.text()) || `status ${response.status}`);
    } catch (error) {
      const { code, message } = EngineError.from(error);
      if (code === "device-lost" || code === "not-finite") throw error;
      if (!this.failed) this.notice(`A checkpoint could not be written, so --resume cannot continue here: ${message}`);
      this.failed = true;
      return false;
    }
  }

  /** Says that a file could not be read. */
  leftOut(reason: string): void {
    this.notice(`A damaged checkpoint was left out (${reason}).`);
  }
}

/** Two files that are written in turn, so that one is whole whenever the program ends. */
class TwoFiles<T extends { step: number }> {
  private written = 0;

  constructor(
    private readonly store: Pick<ServedCheckpoints, "read" | "put" | "leftOut">,
    private readonly stem: string,
    private readonly decode: (bytes: Uint8Array<ArrayBuffer>) => Promise<T>,
  ) {}

  /** The newest that can be read; the next write replaces the other one. `why`: of damaged ones, to follow "found none". */
  async newest(): Promise<{ found?: T; bytes?: Uint8Array<ArrayBuffer>; why: string }> {
    const reasons: string[] = [];
    let newest: { found: T; bytes: Uint8Array<ArrayBuffer> } | undefined;
    for (const at of [0, 1]) {
      const bytes = await this.store.read(this.name(at));
      if (!bytes) continue;
      try {
        const found = await this.decode(bytes);
        if (newest && newest.found.step >= found.step) continue;
        newest = { found, bytes };
        this.written = at + 1;
      } catch (error) {
        reasons.push(EngineError.from(error).message);
      }
    }
    if (newest) for (const reason of reasons) this.store.leftOut(reason);
    return { ...newest, why: reasons.length > 0 ? ` (${reasons.join("; ")})` : "" };
  }

  async write(make: () => Promise<Uint8Array<ArrayBuffer>>): Promise<void> {
    if (await this.store.put(this.name(this.written % 2), make)) this.written += 1;
  }

  private name(at: number): string {
    return `${this.stem}.${at}.safetensors`;
  }
}

interface Subject {
  subject: string;
  recipe: object;
}

/** Throws "config" naming what differs between the command and what was saved. */
function requireSame(given: Subject, saved: Subject, what: string): void {
  invariant(
    given.subject === saved.subject,
    "config",
    `--resume: expected ${what} of the interrupted command, got others. ${ADVICE}`,
  );
  const field = differentField(saved.recipe, given.recipe);
  if (field === undefined) return;
  const valueIn = (recipe: object): unknown => (recipe as Record<string, unknown>)[field];
  requireEqual(writtenName(field), { given: valueIn(given.recipe), saved: valueIn(saved.recipe) });
}

/** Throws "config" naming an option that differs from what was saved. */
function requireEqual(option: string, { given, saved }: { given: unknown; saved: unknown }): void {
  if (given === saved) return;
  const written = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value));
  const named = `expected ${written(saved)}, as in the interrupted command, got ${written(given)}`;
  throw new EngineError("config", `--resume: ${option}: ${named}. ${ADVICE}`);
}
