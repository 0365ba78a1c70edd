// Saved runs in IndexedDB. Records and masks are in separate stores, so that a thousand records can be listed without reading a mask.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import {
  EngineError,
  historyJson,
  readRunHistory,
  readRunMasks,
  readRunRecord,
  recordJson,
} from "../../engine/index.ts";
import type { Run, RunHistory, RunMasks, RunRecord } from "../../engine/index.ts";

const DATABASE = "espalier-runs";

/** Where runs are saved. Rejects with "storage" if the browser has no room or no database. */
export interface RunStore {
  /** Every readable record, newest first, and how many could not be read. */
  records(): Promise<{ records: RunRecord[]; unreadable: number }>;
  /** Rejects with "format" for damaged masks, "storage" if there are none. */
  masks(id: string): Promise<RunMasks>;
  /** The curves of a run; undefined where none are saved or where they are damaged. */
  history(id: string): Promise<RunHistory | undefined>;
  /** Adds or replaces runs: all of them or none. */
  put(runs: readonly Run[]): Promise<void>;
  /** Replaces a record; its masks stay. */
  putRecord(record: RunRecord): Promise<void>;
  remove(id: string): Promise<void>;
}

interface Schema extends DBSchema {
  /** As `recordJson` writes it. */
  records: { key: string; value: ReturnType<typeof recordJson> };
  /** With the run's history, so that older versions of the page can open the database. */
  masks: { key: string; value: RunMasks & { history?: ReturnType<typeof historyJson> } };
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

/** The "storage" error of a failure that names the work. */
function storageError(what: string, error: unknown): EngineError {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const text = `${what} failed (${reason}). Free space on the disk, or leave the private window.`;
  return new EngineError("storage", text);
}

function readableHistory(stored: unknown): RunHistory | undefined {
  try {
    return readRunHistory(stored, "curves of this browser");
  } catch {
    return undefined;
  }
}

const GONE = "This run was removed, in this tab or in another one.";
/** A database that another tab blocks does not answer at all. */
const ANSWER_MS = 10_000;

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer for 10 s; another tab may block it")), ANSWER_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Does work with the database. Throws "storage". */
type Within = <T>(what: string, work: (db: IDBPDatabase<Schema>) => Promise<T>) => Promise<T>;

function openedDatabase(): Within {
  let opened: Promise<IDBPDatabase<Schema>> | null = null;
  const database = async (): Promise<IDBPDatabase<Schema>> => {
    if (typeof indexedDB === "undefined") throw new Error("this browser has no database here");
    opened ??= openDB<Schema>(DATABASE, 1, {
      // a tab that wants to change or delete the database does not wait for this one
      blocking: (_from, _to, event) => {
        opened = null;
        (event.target as IDBDatabase).close();
      },
      terminated: () => (opened = null),
      upgrade(db) {
        db.createObjectStore("records", { keyPath: "id" });
        db.createObjectStore("masks");
      },
    });
    return opened;
  };
  /** Does work; after a failure the next attempt opens the database again. */
  return async (what, work) => {
    try {
      return await inTime(Promise.resolve(database()).then(work));
    } catch (error) {
      opened = null;
      throw error instanceof EngineError ? error : storageError(what, error);
    }
  };
}

/** The browser's database. */
export function browserRunStore(): RunStore {
  const within = openedDatabase();
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
    async history(id) {
      const stored = await within("Reading a run's curves", (db) => db.get("masks", id));
      return stored?.history && readableHistory(stored.history);
    },
    put: (runs) =>
      within("Storing runs", async (db) => {
        const change = db.transaction(["records", "masks"], "readwrite");
        const writes = runs.flatMap(({ record, masks, history }) => [
          change.objectStore("records").put(recordJson(record)),
          change
            .objectStore("masks")
            .put({ ...masks, ...(history ? { history: historyJson(history) } : {}) }, record.id),
        ]);
        await Promise.all([...writes, change.done]);
      }),
    async putRecord(record) {
      await within("Storing a run", async (db) => {
        const change = db.transaction(["records", "masks"], "readwrite");
        // another tab may have removed the run: a record without masks would be of no use
        const known = await change.objectStore("masks").getKey(record.id);
        if (known !== undefined) await change.objectStore("records").put(recordJson(record));
        await change.done;
        if (known === undefined) throw new EngineError("config", GONE);
      });
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
    history: (id) => Promise.resolve(all.get(id)?.history),
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
