// Runs that the browser did not store: they stay in this tab, are listed and exported like the others, and can be stored later.
import { EngineError, type Run, type RunRecord } from "../../engine/index.ts";
import { byTime, memoryRunStore, type RunStore } from "./runStore.ts";

interface KeepingStore extends RunStore {
  /** Tries to store what is in this tab only. Rejects with "storage" if that still fails. */
  saveAgain(): Promise<void>;
}

const ONLY_HERE = "It is in this tab only: try again, or export it as JSON.";

/** `changed` gets the ids of all runs that are in this tab only, whenever they change. */
export function keepingUnsaved(store: RunStore, changed: (ids: readonly string[]) => void): KeepingStore {
  const unsaved = new Map<string, Run>();
  const memory = memoryRunStore();
  const keep = async (runs: readonly Run[]): Promise<void> => {
    for (const run of runs) unsaved.set(run.record.id, run);
    await memory.put(runs);
    changed([...unsaved.keys()]);
  };
  const drop = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      unsaved.delete(id);
      await memory.remove(id);
    }
    changed([...unsaved.keys()]);
  };
  const of = (id: string): RunStore => (unsaved.has(id) ? memory : store);
  return {
    async records() {
      const [stored, here] = [await store.records(), await memory.records()];
      return { ...stored, records: [...stored.records, ...here.records].sort(byTime) };
    },
    masks: (id) => of(id).masks(id),
    history: (id) => of(id).history(id),
    async put(runs) {
      try {
        await store.put(runs);
      } catch (error) {
        await keep(runs);
        const { code, message, detail } = EngineError.from(error);
        throw new EngineError(code, `${message} ${ONLY_HERE}`, detail);
      }
      const saved = runs.map(({ record }) => record.id).filter((id) => unsaved.has(id));
      if (saved.length > 0) await drop(saved);
    },
    async putRecord(record: RunRecord) {
      const run = unsaved.get(record.id);
      if (run) await keep([{ ...run, record }]);
      else await store.putRecord(record);
    },
    async remove(id) {
      if (unsaved.has(id)) await drop([id]);
      else await store.remove(id);
    },
    async saveAgain() {
      const runs = [...unsaved.values()];
      await store.put(runs);
      await drop(runs.map(({ record }) => record.id));
    },
  };
}
