// The paused recovery of a model, in the origin's private file system: the session's checkpoint, and the pruning that it belongs to.
import {
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
import type { GuardReading, PausedRecovery, RecoverSettings } from "../payloads.ts";
import type { Claims } from "../storage/claims.ts";
import { readFile, remove, writeFile } from "../storage/opfs.ts";
import { damaged } from "./checkpointFile.ts";
import type { Pruned } from "./pruned.ts";

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

/** What a recovery of this pruning on this text is called in its checkpoint: a checkpoint of anything else is refused. */
export async function recoverySubject(
  { fingerprint }: Pick<OpenedModel, "fingerprint">,
  { pruned, choice, text }: { pruned: Pruned; choice: RecoverSettings; text: { sha256: string } },
): Promise<string> {
  const parts = pruned.kind === "gates" ? pruned.masks : pruned.masks.map(({ bits }) => new Uint8Array(bits.buffer));
  const masks = await Promise.all(parts.map((part) => sha256(part.slice())));
  const { steps, matrices, rank, seed } = choice;
  const all = await sha256(new TextEncoder().encode(masks.join(" ")));
  // A refit's weights are not in the masks, and the matrices that are not trained keep them.
  const { recovery } = pruned;
  const start = recovery ? [`${REFITTED}${recovery.weightsSha256}`] : [];
  return [fingerprint, text.sha256, all, steps, matrices, rank ?? "full", seed, ...start].join(" ");
}

const REFITTED = "refitted:";

/** Whether a recovery of this subject started from refitted weights. */
export const startsFromRefit = (subject: string): boolean => subject.includes(` ${REFITTED}`);

/** What the page shows of it. */
export const pausedOf = ({ choice, step, readings, run }: SavedRecovery): PausedRecovery => ({
  ...{ choice, step, readings },
  of: run.record.name,
});

/** The stored recovery of a model. It belongs to one tab: others neither see nor replace it. */
export class RecoveryFile {
  readonly name: string;

  constructor(
    opened: Pick<OpenedModel, "fingerprint">,
    private readonly claims: Claims,
  ) {
    this.name = `recoveries/${opened.fingerprint}`;
  }

  /**
   * What is paused, without its checkpoint, which may be large; undefined if there is none. Throws "format" for a damaged one, which is set
   * aside with the reason.
   */
  async saved(): Promise<SavedRecovery | undefined> {
    const [state, file] = [await readFile(`${this.name}.json`), await readFile(`${this.name}.safetensors`)];
    if (!state || !file || state.size === 0 || file.size === 0) return undefined;
    if (!(await this.claims.owns(this.name))) return undefined;
    try {
      return readSaved(await state.text());
    } catch (error) {
      throw await damaged("The paused recovery cannot be resumed", `${this.name}.json`, error);
    }
  }

  /** The checkpoint to resume from; undefined if there is none. */
  async checkpoint(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const file = await readFile(`${this.name}.safetensors`);
    return file && new Uint8Array(await file.arrayBuffer());
  }

  /** Throws "storage", also where another tab has a recovery of this model. */
  async write({ saved, checkpoint }: StoredRecovery): Promise<void> {
    invariant(
      await this.claims.owns(this.name),
      "storage",
      "Another tab has a recovery of this model, and one is stored per model. This one continues, but is not saved for a later session.",
    );
    await writeFile(`${this.name}.safetensors`, [checkpoint]);
    const state = JSON.stringify({ ...saved, run: runJson(saved.run) });
    await writeFile(`${this.name}.json`, [new TextEncoder().encode(state)]);
  }

  /** Does nothing where it belongs to another tab. */
  async remove(): Promise<void> {
    if (!(await this.claims.owns(this.name))) return;
    await remove(`${this.name}.json`);
    await remove(`${this.name}.safetensors`);
  }
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
