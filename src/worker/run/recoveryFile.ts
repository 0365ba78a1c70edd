// The paused recovery of a model, in the origin's private file system: the session's checkpoint, and the pruning that it belongs to.
import {
  decodeRecovery,
  type EngineError,
  invariant,
  JsonField,
  type OpenedModel,
  parseJson,
  RANK_BOUNDS,
  readParsedRun,
  RECOVER_BOUNDS,
  RECOVER_MATRICES,
  type Run,
  runJson,
  sha256,
} from "../../engine/index.ts";
import type { GuardReading, PausedRecovery, RecoverSettings } from "../payloads/recovery.ts";
import type { WorkerEvent } from "../protocol.ts";
import type { Claims } from "../storage/claims.ts";
import { readFile, remove, writeFile } from "../storage/opfs.ts";
import { damaged } from "./checkpointFile.ts";
import type { Pruned } from "./pruned.ts";

/** Contains the files of paused recoveries. */
export const RECOVERIES = "recoveries";

/** The model that a file of the folder belongs to, as the lock names it below the folder. */
export const recoveryOfFile = (name: string): string => name.replace(/(\.[01])?\.(json|safetensors)$/, "");

export interface SavedRecovery {
  /** Of the session: names model, text, masks and settings. */
  subject: string;
  choice: RecoverSettings;
  step: number;
  readings: readonly GuardReading[];
  /** The pruned model as a run, so that its masks can be restored. Its calibration text is the one that is trained on. */
  run: Run;
}

/** A recovery's state on disk, and the checkpoint of its session. */
export interface StoredRecovery {
  saved: SavedRecovery;
  checkpoint: Uint8Array<ArrayBuffer>;
}

/** A stored recovery that can be resumed. context: tokens of a window of its guard; missing in those of older versions. */
export interface ResumableRecovery extends StoredRecovery {
  context?: number;
}

/** What a recovery of this pruning on this text is called in its checkpoint: a checkpoint of anything else is refused. */
export async function recoverySubject(
  { identity }: Pick<OpenedModel, "identity">,
  { pruned, choice, text }: { pruned: Pruned; choice: RecoverSettings; text: { sha256: string } },
): Promise<string> {
  const parts = pruned.kind === "gates" ? pruned.masks : pruned.masks.map(({ bits }) => new Uint8Array(bits.buffer));
  const masks = await Promise.all(parts.map((part) => sha256(part.slice())));
  const { steps, matrices, rank, seed } = choice;
  const all = await sha256(new TextEncoder().encode(masks.join(" ")));
  // A refit's weights are not in the masks, and the matrices that are not trained keep them.
  const { recovery } = pruned;
  const start = recovery ? [`${REFITTED}${recovery.weightsSha256}`] : [];
  return [identity, text.sha256, all, steps, matrices, rank ?? "full", seed, ...start].join(" ");
}

const REFITTED = "refitted:";

/** Whether a recovery of this subject started from refitted weights. */
export const startsFromRefit = (subject: string): boolean => subject.includes(` ${REFITTED}`);

/** What the page shows of it. */
export const pausedOf = ({ choice, step, readings, run }: SavedRecovery): PausedRecovery => ({
  ...{ choice, step, readings },
  of: run.record.name,
});

/** Both files of a stored recovery, without their endings. */
interface Generation {
  stem: string;
  /** Whether the next write replaces it; older versions had one generation, without a number. */
  turn?: Turn;
  saved: SavedRecovery;
}

type Turn = 0 | 1;

interface Owner {
  claims: Claims;
  send(event: WorkerEvent): void;
}

/** The stored recovery of a model; the page shows what is damaged. */
export const recoveryFileOf = ({ claims, send }: Owner, opened: OpenedModel): RecoveryFile =>
  new RecoveryFile(opened, claims, (error) => send({ type: "error", error: error.toPlain(), during: "train" }));

/**
 * The stored recovery of a model: two generations that are written in turn, so that one survives a failure. It belongs to one tab: others
 * neither see nor replace it.
 */
export class RecoveryFile {
  readonly name: string;
  /** The generation that is written next; undefined until the stored ones were looked at. */
  private turn: Turn | undefined;

  /** onDamaged: gets the reason for each damaged generation, which was set aside. */
  constructor(
    opened: Pick<OpenedModel, "identity">,
    private readonly claims: Claims,
    private readonly onDamaged: (error: EngineError) => void,
  ) {
    this.name = `${RECOVERIES}/${opened.identity}`;
  }

  /** What is paused, without its checkpoint, which may be large; undefined if there is none. */
  async saved(): Promise<SavedRecovery | undefined> {
    return (await this.generations())[0]?.saved;
  }

  /** What is paused, to resume from: the newest generation whose checkpoint is not damaged. Undefined if there is none. */
  async load(): Promise<ResumableRecovery | undefined> {
    const all = await this.generations();
    for (const [at, { stem, saved, turn }] of all.entries()) {
      const path = `${stem}.safetensors`;
      const checkpoint = await readFile(path).then((file) => file?.arrayBuffer());
      if (!checkpoint) continue;
      try {
        const { context } = await decodeRecovery(new Uint8Array(checkpoint));
        this.turn = turn === 0 ? 1 : 0;
        return { saved, checkpoint: new Uint8Array(checkpoint), ...(context === undefined ? {} : { context }) };
      } catch (error) {
        this.onDamaged(await damaged(all[at + 1] ? OLDER_ONE : CANNOT, path, error));
      }
    }
    return undefined;
  }

  /** Throws "storage", also where another tab has a recovery of this model. */
  async write({ saved, checkpoint }: StoredRecovery): Promise<void> {
    invariant(
      await this.claims.owns(this.name),
      "storage",
      "Another tab has a recovery of this model, and one is stored per model. This one continues, but is not saved for a later session.",
    );
    this.turn ??= (await this.generations())[0]?.turn === 0 ? 1 : 0;
    const stem = `${this.name}.${this.turn}`;
    // Without its state a checkpoint is not read, so an interrupt cannot leave one with the state of another.
    await remove(`${stem}.json`);
    await writeFile(`${stem}.safetensors`, [checkpoint]);
    const state = JSON.stringify({ ...saved, run: runJson(saved.run) });
    await writeFile(`${stem}.json`, [new TextEncoder().encode(state)]);
    this.turn = this.turn === 0 ? 1 : 0;
    await removeBoth(this.name);
  }

  /** Does nothing where it belongs to another tab. */
  async remove(): Promise<void> {
    if (!(await this.claims.owns(this.name))) return;
    for (const { stem } of this.stems()) await removeBoth(stem);
  }

  /** The stored generations, newest first. Damaged ones are set aside. Empty where they belong to another tab. */
  private async generations(): Promise<Generation[]> {
    const found: Generation[] = [];
    const errors: { stem: string; error: unknown }[] = [];
    for (const { stem, turn } of this.stems()) {
      const [state, file] = [await readFile(`${stem}.json`), await readFile(`${stem}.safetensors`)];
      if (!state || !file || state.size === 0 || file.size === 0) continue;
      if (!(await this.claims.owns(this.name))) return [];
      try {
        found.push({ stem, ...(turn === undefined ? {} : { turn }), saved: readSaved(await state.text()) });
      } catch (error) {
        errors.push({ stem, error });
      }
    }
    for (const { stem, error } of errors)
      this.onDamaged(await damaged(found.length > 0 ? OLDER_ONE : CANNOT, `${stem}.json`, error));
    return found.sort((a, b) => b.saved.step - a.saved.step);
  }

  private stems(): { stem: string; turn?: Turn }[] {
    const { name } = this;
    return [{ stem: `${name}.0`, turn: 0 }, { stem: `${name}.1`, turn: 1 }, { stem: name }];
  }
}

const CANNOT = "The paused recovery cannot be resumed";
const OLDER_ONE = "A checkpoint of the paused recovery is damaged, so the other one is used";

async function removeBoth(stem: string): Promise<void> {
  await remove(`${stem}.json`);
  await remove(`${stem}.safetensors`);
}

/** Reads what `write` wrote beside the checkpoint. Throws "format" or "config" naming the field. */
function readSaved(text: string): SavedRecovery {
  const [file, advice] = ["recovery.json", "Start a new recovery."];
  const root = new JsonField(parseJson(text, file, { advice }), file, "", advice);
  const choice = root.get("choice");
  const rank = choice.get("rank");
  const steps = choice.get("steps").number(RECOVER_BOUNDS.steps);
  return {
    subject: root.get("subject").text(),
    choice: {
      steps,
      matrices: choice.get("matrices").oneOf(RECOVER_MATRICES),
      ...(rank.value === undefined ? {} : { rank: rank.number(RANK_BOUNDS) }),
      seed: choice.get("seed").number(RECOVER_BOUNDS.seed),
    },
    step: root.get("step").count(steps),
    readings: root
      .get("readings")
      .list()
      .map((reading) => ({
        step: reading.get("step").count(steps),
        value: reading.get("value").number({ min: 1 }),
        dense: reading.get("dense").number({ min: 1 }),
      })),
    run: readParsedRun(root.get("run").value, file),
  };
}
