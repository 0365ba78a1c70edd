// Saved runs in IndexedDB. Records and masks are in separate stores, so that a thousand records can be listed without reading a mask.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { EngineError, readRunMasks, readRunRecord, recordJson } from "../../engine/index.ts";
import type { Run, RunMasks, RunRecord } from "../../engine/index.ts";

const DATABASE = "espalier-runs";

/** Where runs are saved. Rejects with "storage" if the browser has no room or no database. */
export interface RunStore {
  /** Every readable record, newest first, and how many could not be read. */
  records(): Promise<{ records: RunRecord[]; unreadable: number }>;
  /** Rejects with "format" for damaged masks, "storage" if there are none. */
  masks(id: string): Promise<RunMasks>;
  /** Adds or replaces runs: all of them or none. */
  put(runs: readonly Run[]): Promise<void>;
  /** Replaces a record; its masks stay. */
  putRecord(record: RunRecord): Promise<void>;
  remove(id: string): Promise<void>;
}

interface Schema extends DBSchema {
  /** As `recordJson` writes it. */
  records: { key: string; value: ReturnType<typeof recordJson> };
  masks: { key: string; value: RunMasks };
}

/** Newest first. */
export const byTime = (a: RunRecord, b: RunRecord): number => b.finished.localeCompare(a.finished);

/** Reads every record field by field; those that cannot be read are counted. */
export function readable(stored: readonly unknown[]): { records: RunRecord[]; unreadable: number } {
  const records = stored.flatMap((value) => {
    try {
      return [readRunRecord(value, "runs of this browser")];
    } catch {
      return [];
    }
  });
  return { records: records.sort(byTime), unreadable: stored.length - records.length };
}

/** The browser's database. */
export function browserRunStore(): RunStore {
  let opened: Promise<IDBPDatabase<Schema>> | null = null;
  const database = (): Promise<IDBPDatabase<Schema>> => {
    opened ??= openDB<Schema>(DATABASE, 1, {
      upgrade(db) {
        db.createObjectStore("records", { keyPath: "id" });
        db.createObjectStore("masks");
      },
    });
    return opened;
  };
  /** Turns a failure into a "storage" error that names the work; the next attempt opens the database again. */
  const within = async <T>(what: string, work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> => {
    try {
      return await work(await database());
    } catch (error) {
      opened = null;
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new EngineError(
        "storage",
        `${what} failed (${reason}). Free space, or leave the private window, and try again.`,
      );
    }
  };
  return {
    records: async () => readable(await within("Listing runs", (db) => db.getAll("records"))),
    async masks(id) {
      const masks = await within("Reading a run's masks", (db) => db.get("masks", id));
      if (!masks)
        throw new EngineError(
          "storage",
          "The masks of this run are not in the browser any more: import the run again.",
        );
      return readRunMasks(masks, "masks of this browser");
    },
    put: (runs) =>
      within("Storing runs", async (db) => {
        const change = db.transaction(["records", "masks"], "readwrite");
        const writes = runs.flatMap(({ record, masks }) => [
          change.objectStore("records").put(recordJson(record)),
          change.objectStore("masks").put(masks, record.id),
        ]);
        await Promise.all([...writes, change.done]);
      }),
    async putRecord(record) {
      await within("Storing a run", (db) => db.put("records", recordJson(record)));
    },
    remove: (id) =>
      within("Removing a run", async (db) => {
        const change = db.transaction(["records", "masks"], "readwrite");
        await Promise.all([
          change.objectStore("records").delete(id),
          change.objectStore("masks").delete(id),
          change.done,
        ]);
      }),
  };
}

/** Runs in memory, for tests. */
export function memoryRunStore(): RunStore {
  const all = new Map<string, Run>();
  return {
    records: () => Promise.resolve(readable([...all.values()].map(({ record }) => recordJson(record)))),
    masks(id) {
      const run = all.get(id);
      return run ? Promise.resolve(run.masks) : Promise.reject(new EngineError("storage", `no masks of run ${id}`));
    },
    put(runs) {
      for (const run of runs) all.set(run.record.id, run);
      return Promise.resolve();
    },
    putRecord(record) {
      const run = all.get(record.id);
      if (run) all.set(record.id, { ...run, record });
      return Promise.resolve();
    },
    remove(id) {
      all.delete(id);
      return Promise.resolve();
    },
  };
}
