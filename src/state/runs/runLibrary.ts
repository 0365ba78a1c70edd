// Changes of the saved runs, in the browser's store and in the state alike.
import { EngineError, type Run, type RunRecord } from "../../engine/index.ts";
import { isExample } from "../../shared/exampleRuns.ts";
import type { GetState, SetState, StudioState } from "../storeState.ts";
import { byTime, type RunStore } from "./runStore.ts";

export interface RunLibrary {
  store: RunStore;
  /** The record of a saved run, if there is one. */
  find(id: string): RunRecord | undefined;
  /** A saved run or a shown example, with its masks. Rejects with "config" if there is none, "storage" or "format" if its masks cannot be read. */
  read(id: string): Promise<Run>;
  /** Adds runs; those with the id of a saved one replace it. Rejects with "storage" where they are in this tab only. */
  add(runs: readonly Run[]): Promise<void>;
  /** Replaces a record; its masks stay. */
  replace(record: RunRecord): Promise<void>;
  remove(id: string): Promise<void>;
  /** The saved run with the same masks on the same text, if there is one. */
  twin(run: Run): Promise<RunRecord | undefined>;
}

/** The run that the page shows is an example as it came: what is measured of it now belongs to no run of the user's. */
export const showsExample = ({ restored, recovered }: Pick<StudioState, "restored" | "recovered">): boolean =>
  restored !== null && recovered === null && isExample(restored.record);

/** The record of a saved run or of an example that is shown; undefined for any other id. */
export const knownRun = ({ runs, examples }: Pick<StudioState, "runs" | "examples">, id: string) =>
  runs?.find((record) => record.id === id) ?? examples?.find(({ record }) => record.id === id)?.record;

/** Whether two records may be of the same masks, measured in the same way. */
const alike = (a: RunRecord, b: RunRecord): boolean =>
  a.model.fingerprint === b.model.fingerprint &&
  a.made.kind === b.made.kind &&
  a.recovery?.weightsSha256 === b.recovery?.weightsSha256 &&
  a.kept.blockWeights.kept === b.kept.blockWeights.kept &&
  a.perplexity.text.sha256 === b.perplexity.text.sha256 &&
  a.perplexity.context === b.perplexity.context &&
  a.perplexity.tokens === b.perplexity.tokens;

export function runLibrary(store: RunStore, set: SetState, get: GetState): RunLibrary {
  const saved = (): readonly RunRecord[] => get().runs ?? [];
  const find = (id: string): RunRecord | undefined => saved().find((record) => record.id === id);
  return {
    store,
    find,
    async read(id) {
      const example = get().examples?.find(({ record }) => record.id === id);
      if (example) return example;
      const record = find(id);
      if (!record) throw new EngineError("config", "This run is not saved any more; choose another one.");
      const [masks, history] = [await store.masks(id), await store.history(id)];
      return { record, masks, ...(history ? { history } : {}) };
    },
    async add(runs) {
      const failure: unknown = await store.put(runs).then(
        () => undefined,
        (error: unknown) => error ?? new Error("unknown"),
      );
      const ids = new Set(runs.map(({ record }) => record.id));
      const others = saved().filter(({ id }) => !ids.has(id));
      set({ runs: [...others, ...runs.map(({ record }) => record)].sort(byTime) });
      if (failure !== undefined) throw EngineError.from(failure);
    },
    async replace(record) {
      await store.putRecord(record);
      set({ runs: saved().map((other) => (other.id === record.id ? record : other)) });
    },
    async remove(id) {
      await store.remove(id);
      set({ runs: saved().filter((other) => other.id !== id) });
    },
    async twin({ record, masks }) {
      const text = JSON.stringify(masks);
      for (const other of saved()) {
        if (other.id === record.id) return other;
        if (!alike(other, record)) continue;
        // masks that cannot be read must not keep others from being saved
        const known = await store.masks(other.id).catch(() => null);
        if (known && JSON.stringify(known) === text) return other;
      }
      return undefined;
    },
  };
}
