// Everything that the browser stores for this page besides saved runs: what it is, what it takes, who uses it, and its removal.
import type { Replies, StorageReport, StoredItem, StoredKind } from "../protocol.ts";
import { CHECKPOINTS, runOfFile } from "../run/checkpointFile.ts";
import { RECOVERIES, recoveryOfFile } from "../run/recoveryFile.ts";
import { claim, heldLocks } from "./claims.ts";
import { manifestOf, MODELS } from "./library.ts";
import { MATMUL } from "./matmulStore.ts";
import { DAMAGED, EXPORTS, joinedSizes, remove, type StoredSize, storedSizes, storesFiles } from "./opfs.ts";
import { pageCopySize, removePageCopy } from "./pageCopy.ts";

/** A folder of the private file system. The lock of a thing in it is named by the folder and its id. */
interface Place {
  folder: string;
  /** The id of what an entry belongs to; undefined for entries that belong to nothing. */
  idOf: (entry: string) => string | undefined;
}

const itself = (entry: string): string => entry;
/** Kernel choices are small and many, so they are one thing; so is the copy of the page. */
const ALL = "all";

const PLACES: Readonly<Record<Exclude<StoredKind, "page">, Place>> = {
  model: { folder: MODELS, idOf: itself },
  checkpoint: { folder: CHECKPOINTS, idOf: runOfFile },
  recovery: { folder: RECOVERIES, idOf: recoveryOfFile },
  export: { folder: EXPORTS, idOf: itself },
  kernels: { folder: MATMUL, idOf: () => ALL },
  // beside each damaged file is one with the reason
  damaged: { folder: DAMAGED, idOf: (entry) => entry.replace(/\.txt$/, "") },
};

type Locks = Awaited<ReturnType<typeof heldLocks>>;

function userOf(lock: string, { here, elsewhere }: Locks): StoredItem["usedBy"] {
  if (here.has(lock)) return "this tab";
  return elsewhere.has(lock) ? "another tab" : null;
}

const timeOf = ({ changed }: StoredSize): string | null => (changed === 0 ? null : new Date(changed).toISOString());

/** The things in a place by id, and the entries of each. */
async function thingsIn({ folder, idOf }: Place): Promise<Map<string, { size: StoredSize; entries: string[] }>> {
  const things = new Map<string, { size: StoredSize; entries: string[] }>();
  for (const [entry, size] of await storedSizes(folder)) {
    const id = idOf(entry);
    if (id === undefined) continue;
    const known = things.get(id);
    things.set(id, {
      size: known ? joinedSizes(known.size, size) : size,
      entries: [...(known?.entries ?? []), entry],
    });
  }
  return things;
}

async function itemsOf(kind: Exclude<StoredKind, "page">, locks: Locks): Promise<StoredItem[]> {
  const place = PLACES[kind];
  const items: StoredItem[] = [];
  for (const [id, { size }] of await thingsIn(place)) {
    const manifest = kind === "model" ? await manifestOf(id).catch(() => undefined) : undefined;
    items.push({
      ...{ kind, id, bytes: size.bytes, usedBy: userOf(`${place.folder}/${id}`, locks) },
      name: manifest?.name ?? (kind === "damaged" ? id : null),
      changed: manifest?.lastUsed ?? timeOf(size),
    });
  }
  return items;
}

/** Everything that is stored, and how much room there is. */
export async function storageReport(): Promise<StorageReport> {
  const locks = await heldLocks();
  const kinds = Object.keys(PLACES) as (keyof typeof PLACES)[];
  const items = (await Promise.all(kinds.map((kind) => itemsOf(kind, locks)))).flat();
  const copy = await pageCopySize();
  if (copy) items.push({ kind: "page", id: ALL, name: null, bytes: copy.bytes, changed: timeOf(copy), usedBy: null });
  const { usage, quota } = await navigator.storage.estimate().catch((): StorageEstimate => ({}));
  const persisted = await navigator.storage.persisted().catch(() => false);
  return {
    ...{ items, persisted, stores: await storesFiles() },
    ...{ usedBytes: usage ?? null, quotaBytes: quota ?? null },
  };
}

/** Removes things of one kind. What a tab uses, this one included, stays: its lock cannot be had. */
export async function removeStored(kind: StoredKind, ids: readonly string[]): Promise<Replies["removeStored"]> {
  if (kind === "page") {
    const copy = await pageCopySize();
    await removePageCopy();
    return { freedBytes: copy?.bytes ?? 0, inUse: 0 };
  }
  const { folder, ...place } = PLACES[kind];
  const things = await thingsIn({ folder, ...place });
  let [freedBytes, inUse] = [0, 0];
  for (const id of ids) {
    const thing = things.get(id);
    // another tab may have removed it
    if (!thing) continue;
    const release = await claim(`${folder}/${id}`);
    if (!release) inUse += 1;
    else {
      for (const entry of thing.entries) await remove(`${folder}/${entry}`);
      release();
      freedBytes += thing.size.bytes;
    }
  }
  return { freedBytes, inUse };
}
