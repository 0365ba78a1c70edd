// The checkpoints of training runs in the origin's private file system. A run belongs to one tab, and has two files that are written in turn.
import { type Checkpoint, checkpointChunks, decodeCheckpoint, EngineError } from "../../engine/index.ts";
import type { RunElsewhere } from "../payloads/run.ts";
import { claim, type Release } from "../storage/claims.ts";
import { storedFiles, remove, setAside, writeFile } from "../storage/opfs.ts";

export const CHECKPOINTS = "checkpoints";
/** Identity of the model, id of the run, and which of its two files; older versions had one file per model. */
const NAME = /^([^.]+)(?:\.([\w-]+)\.([01]))?\.safetensors$/;
const OLDER = "older";
/** What the two files of a run are called at the end. */
type Turn = 0 | 1;

/** One file of a run. */
interface Stored {
  path: string;
  file: File;
  turn: Turn;
}

/** The run that this tab owns. */
interface Own {
  identity: string;
  id: string;
  /** The file that is written next, so that the other one survives a failure. */
  turn: Turn;
  claimed: Promise<Release | undefined>;
  /** The newest checkpoint where it could not be stored. */
  memory?: Checkpoint;
}

interface Found {
  checkpoint?: Checkpoint;
  /** Runs of this model that other tabs own, newest first. */
  elsewhere: RunElsewhere[];
  /** Of damaged files, which were set aside. */
  errors: EngineError[];
}

/** The checkpoints of one worker; they outlive the loss of its device. */
export class CheckpointFiles {
  private own: Own | undefined;
  /** Runs of this tab that the next written checkpoint replaces. */
  private replaced: Own[] = [];

  /** The run of a model to continue here: this tab's own, or the newest one that no other tab owns. It then belongs to this tab. */
  async find(identity: string): Promise<Found> {
    if (this.own && this.own.identity !== identity) await this.giveUp();
    const found: Found = { elsewhere: [], errors: [] };
    for (const [id, files] of await runsOf(identity)) {
      if (id === this.own?.id) continue;
      const claimed = await claim(nameOf(identity, id));
      if (!claimed) found.elsewhere.push(...(await glance(files)));
      else if (this.own || !(await this.take({ identity, id, claimed: Promise.resolve(claimed) }, files, found)))
        claimed();
    }
    if (this.own && !found.checkpoint) Object.assign(found, await this.ownCheckpoint(this.own, found.errors));
    return found;
  }

  /** Begins a new run of a model, which replaces this tab's last one once it has a checkpoint. */
  begin(identity: string): void {
    if (this.own) this.replaced.push(this.own);
    const id = crypto.randomUUID();
    this.own = { identity, id, turn: 0, claimed: claim(nameOf(identity, id)) };
  }

  /** Throws "storage" where it cannot be stored; then it is kept in memory. */
  async write(checkpoint: Checkpoint): Promise<void> {
    const { own } = this;
    if (!own) return;
    await own.claimed;
    try {
      const path = `${nameOf(own.identity, own.id)}.${own.turn}.safetensors`;
      await writeFile(path, await checkpointChunks(checkpoint));
    } catch (error) {
      own.memory = checkpoint;
      throw error;
    }
    own.turn = other(own.turn);
    delete own.memory;
    await this.removeAll(this.replaced.splice(0));
  }

  /** Removes this tab's run; runs of other tabs stay. */
  async remove(): Promise<void> {
    const own = this.own ? [this.own] : [];
    this.own = undefined;
    await this.removeAll([...own, ...this.replaced.splice(0)]);
  }

  /** Makes a stored run this tab's own, if it can be read. */
  private async take(run: Omit<Own, "turn">, files: readonly Stored[], found: Found): Promise<boolean> {
    const read = await newestOf(files, found.errors);
    if (!read?.checkpoint.subject.startsWith(run.identity)) return false;
    this.own = { ...run, turn: other(read.turn) };
    found.checkpoint = read.checkpoint;
    return true;
  }

  private async ownCheckpoint(own: Own, errors: EngineError[]): Promise<Pick<Found, "checkpoint">> {
    if (own.memory) return { checkpoint: own.memory };
    const read = await newestOf((await runsOf(own.identity)).get(own.id) ?? [], errors);
    if (!read) return {};
    own.turn = other(read.turn);
    return { checkpoint: read.checkpoint };
  }

  private async giveUp(): Promise<void> {
    const all = [this.own, ...this.replaced.splice(0)];
    this.own = undefined;
    for (const run of all) (await run?.claimed)?.();
  }

  private async removeAll(runs: readonly Own[]): Promise<void> {
    for (const { identity, id, claimed } of runs) {
      for (const { path } of (await runsOf(identity)).get(id) ?? []) await remove(path);
      (await claimed)?.();
    }
  }
}

const other = (turn: Turn): Turn => (turn === 0 ? 1 : 0);
const nameOf = (identity: string, id: string): string => `${CHECKPOINTS}/${identity}.${id}`;

/** The run that a file of the folder belongs to, as its lock names it below the folder; undefined for other files. */
export function runOfFile(name: string): string | undefined {
  const [, identity, id = OLDER] = NAME.exec(name) ?? [];
  return identity === undefined ? undefined : `${identity}.${id}`;
}

/** The stored runs of a model by id, and their files, both newest first. */
async function runsOf(identity: string): Promise<Map<string, Stored[]>> {
  const all = [...(await storedFiles(CHECKPOINTS))].sort(([, a], [, b]) => b.lastModified - a.lastModified);
  const runs = new Map<string, Stored[]>();
  for (const [name, file] of all) {
    const [, of, id = OLDER, turn] = NAME.exec(name) ?? [];
    if (of !== identity || file.size === 0) continue;
    const stored: Stored = { path: `${CHECKPOINTS}/${name}`, file, turn: turn === "0" ? 0 : 1 };
    runs.set(id, [...(runs.get(id) ?? []), stored]);
  }
  return runs;
}

/** The newest checkpoint that can be read. Damaged ones are set aside, each with an error. */
async function newestOf(
  files: readonly Stored[],
  errors: EngineError[],
): Promise<{ checkpoint: Checkpoint; turn: Turn } | undefined> {
  for (const [at, { path, file, turn }] of files.entries()) {
    try {
      return { checkpoint: await decodeCheckpoint(new Uint8Array(await file.arrayBuffer())), turn };
    } catch (error) {
      const last = at === files.length - 1;
      const effect = last
        ? "The last run cannot be resumed"
        : "The last checkpoint is damaged, so the one before is used";
      errors.push(await damaged(effect, path, error));
    }
  }
  return undefined;
}

/** How far a run of another tab had come at its last checkpoint. Its files are left alone, damaged or not. */
async function glance(files: readonly Stored[]): Promise<RunElsewhere[]> {
  for (const { file } of files) {
    const checkpoint = await file
      .arrayBuffer()
      .then((bytes) => decodeCheckpoint(new Uint8Array(bytes)))
      .catch(() => undefined);
    if (checkpoint) return [{ step: checkpoint.step, steps: checkpoint.recipe.steps, seed: checkpoint.recipe.seed }];
  }
  return [];
}

/** Sets a damaged file aside, and returns the error that says so. `effect`: what cannot be done, as the beginning of a sentence. */
export async function damaged(effect: string, path: string, error: unknown): Promise<EngineError> {
  const { message, detail } = EngineError.from(error);
  const place = await setAside(path, message);
  const kept = place === undefined ? "The file stays where it is." : `The file was set aside as ${place}.`;
  return new EngineError("format", `${effect}. ${message} ${kept}`, detail);
}
