// A model by its address, from the cache where it is whole and unchanged, otherwise fetched: the one way in from the web.
import { EngineError } from "../../errors.ts";
import { type ByteSource, type Folder, folderOf } from "../files/folder.ts";
import { type Address, addressName, addressText } from "./address.ts";
import { downloadFiles } from "./download.ts";
import { listModel, purposeOf, type RemoteModel } from "./listing.ts";
import {
  arrivedBytes,
  type CachedFile,
  type Manifest,
  readManifest,
  sameFile,
  unfetched,
  writeManifest,
} from "./manifest.ts";
import type { ModelStore } from "./modelStore.ts";
import { FileChanged } from "./range.ts";
import { checkHead, HEAD_BYTES, type RemoteFile } from "./remoteFile.ts";
import { Sha256 } from "./sha256.ts";
import type { Web } from "./web.ts";

/** Bytes read at a time while a file is hashed. */
const HASH_BYTES = 4 * 1024 * 1024;
/** A file that changes on the server while it is fetched is begun anew so many times. */
const RESTARTS = 2;
/** Room that must stay beside the model, for checkpoints and exports. */
const SPARE_BYTES = 64 * 1024 * 1024;

export interface CacheOptions {
  web: Web;
  store: ModelStore;
  /** Asks the server whether the model has changed, even where the cache is whole. */
  refresh: boolean;
  /** Bytes done and in all of what `note` says: checking what is cached, fetching. */
  onProgress: (done: number, of: number, note: string) => void;
}

/**
 * The model's files as a folder; every one of them has been compared with its size and its SHA-256 in this call. Without `refresh` a
 * whole model needs no network; a broken file of it is fetched again. Throws "cancelled" (what has arrived stays and is never taken
 * for whole), "network", "storage" where it does not fit, "config" where a GGUF file must be chosen.
 */
export async function fetchModel(address: Address, options: CacheOptions): Promise<Folder> {
  const { store, refresh } = options;
  const manifest = await readManifest(store);
  const sound = manifest ? await checkCached(manifest, options) : false;
  if (manifest && sound && !refresh) return folderOfManifest(manifest, store);
  for (let restarts = 0; ; restarts += 1) {
    const remote = await listed(address, manifest && sound ? manifest : undefined, options);
    if (!remote) return folderOfManifest(manifest!, store);
    const fresh = merged(
      address,
      remote,
      (restarts === 0 ? manifest : await readManifest(store)) ?? undefined,
      options.web.limits.partBytes,
    );
    try {
      await complete(address, remote, fresh, options);
      for (const { name } of manifest?.files ?? [])
        if (!fresh.files.some((file) => file.name === name)) await store.remove(name);
      return await folderOfManifest(fresh, store);
    } catch (error) {
      if (!(error instanceof FileChanged) || restarts >= RESTARTS) throw error;
      fresh.files = fresh.files.filter(({ name }) => name !== error.file);
      await writeManifest(store, fresh);
    }
  }
}

/** The server's list; undefined where the server cannot be reached and the cache is whole. */
async function listed(
  address: Address,
  whole: Manifest | undefined,
  { web }: CacheOptions,
): Promise<RemoteModel | undefined> {
  try {
    return await listModel(web, address);
  } catch (error) {
    const unreachable = error instanceof EngineError && error.detail["tries"] !== undefined;
    if (whole && unreachable) return undefined;
    throw error;
  }
}

/** The manifest for what the server has now: files that are the same keep what has arrived of them. */
function merged(address: Address, remote: RemoteModel, before: Manifest | undefined, partBytes: number): Manifest {
  const files = remote.files.map((file): CachedFile => {
    const cached = before?.files.find(({ name }) => name === file.name);
    // nobody can tell where a file of unknown size was cut off
    const usable = cached && sameFile(cached, file) && (cached.whole || cached.size !== null);
    return usable ? { ...cached, url: file.url, sha256: file.sha256 ?? cached.sha256 } : unfetched(file, partBytes);
  });
  return {
    format: 1,
    address: addressText(address),
    name: addressName(address),
    revision: remote.revision,
    lastUsed: new Date().toISOString(),
    files,
    ...(before?.card ? { card: before.card } : {}),
  };
}

async function complete(
  address: Address,
  remote: RemoteModel,
  manifest: Manifest,
  options: CacheOptions,
): Promise<void> {
  const { web, store, onProgress } = options;
  await checkRoom(manifest, store);
  await writeManifest(store, manifest);
  const sum = (of: (file: CachedFile) => number): number => manifest.files.reduce((total, file) => total + of(file), 0);
  let done = sum(arrivedBytes);
  const report = (): void =>
    onProgress(
      done,
      Math.max(
        done,
        sum(({ size }) => size ?? 0),
      ),
      "fetching",
    );
  report();
  await downloadFiles(web, address, remote.files, manifest, store, (bytes) => {
    done += bytes;
    report();
  });
  const unchecked = manifest.files.filter(({ whole }) => !whole);
  const ofBytes = unchecked.reduce((total, { size }) => total + (size ?? 0), 0);
  let before = 0;
  for (const file of unchecked) {
    const source = await store.source(file.name);
    const found =
      source && (await hashOf(source, web.signal, (bytes) => onProgress(before + bytes, ofBytes, "checking")));
    try {
      if (source) checkHead(await source.read(0, Math.min(HEAD_BYTES, source.size)), file.name, file.name);
      refuseDamaged(file, source?.size, found, purposeOf(web, address, file.name).what);
    } catch (error) {
      await drop(file, remote.files, manifest, options);
      throw error;
    }
    before += source?.size ?? 0;
    file.whole = true;
    file.size = source?.size ?? null;
    file.sha256 = found ?? null;
  }
  await writeManifest(store, manifest);
}

/** Throws "network" unless the file that arrived has the size and the hash that were stated. */
function refuseDamaged(file: CachedFile, size: number | undefined, sha256: string | undefined, what: string): void {
  if (size === undefined || (file.size !== null && size !== file.size))
    throw new EngineError(
      "storage",
      `${what}: ${file.size ?? "its"} bytes were written, ${size ?? "no"} bytes are in the browser's storage. Open it again: this file is fetched anew.`,
    );
  if (file.sha256 !== null && sha256 !== file.sha256)
    throw new EngineError(
      "network",
      `${what} arrived damaged: its SHA-256 should be ${file.sha256}, and is ${sha256 ?? "unknown"}. It was thrown away; open it again to fetch it anew, or from another source.`,
      { file: file.name, expected: file.sha256, came: sha256 ?? "" },
    );
}

/** Forgets what has arrived of a file. */
async function drop(
  file: CachedFile,
  remote: readonly RemoteFile[],
  manifest: Manifest,
  { store, web }: CacheOptions,
): Promise<void> {
  const source = remote.find(({ name }) => name === file.name);
  if (source) Object.assign(file, unfetched(source, web.limits.partBytes));
  await store.remove(file.name);
  await writeManifest(store, manifest);
}

/** Compares what is cached with its sizes and hashes; a broken file is marked as not there. True where all is whole and sound. */
async function checkCached(manifest: Manifest, { store, web, onProgress }: CacheOptions): Promise<boolean> {
  const whole = manifest.files.filter((file) => file.whole);
  const ofBytes = whole.reduce((total, { size }) => total + (size ?? 0), 0);
  let before = 0;
  for (const file of whole) {
    const source = await store.source(file.name);
    const sizeFits = source !== undefined && source.size === file.size;
    const hash = sizeFits
      ? await hashOf(source, web.signal, (bytes) => onProgress(before + bytes, ofBytes, "checking"))
      : "";
    before += file.size ?? 0;
    if (hash === file.sha256) continue;
    // not even its size is to be trusted: the server is asked again
    Object.assign(file, { whole: false, size: null, version: null });
  }
  // of a file that is still arriving, no more is trusted than lies in the storage
  for (const file of manifest.files.filter(({ whole: is, size }) => !is && size !== null)) {
    const source = await store.source(file.name);
    if (source?.size !== file.size) Object.assign(file, { size: null, version: null });
  }
  return manifest.files.length > 0 && manifest.files.every((file) => file.whole);
}

async function hashOf(source: ByteSource, signal: AbortSignal, onBytes: (done: number) => void): Promise<string> {
  const hash = new Sha256();
  for (let at = 0; at < source.size; at += HASH_BYTES) {
    if (signal.aborted)
      throw new EngineError("cancelled", "Checking the model's files was stopped; nothing was changed.");
    hash.update(await source.read(at, Math.min(HASH_BYTES, source.size - at)));
    onBytes(Math.min(source.size, at + HASH_BYTES));
  }
  return hash.hex();
}

async function checkRoom({ files, name }: Manifest, store: ModelStore): Promise<void> {
  const free = await store.freeBytes();
  const needed = files.reduce((total, file) => total + (file.size ?? 0) - arrivedBytes(file), 0);
  if (free === undefined || needed === 0 || needed + SPARE_BYTES <= free) return;
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  throw new EngineError(
    "storage",
    `${name} needs ${mb(needed)} more in the browser's storage and ${mb(SPARE_BYTES)} to spare; ${mb(free)} are free. Remove models from the library, free disk space, or download the files and open them as a folder, which takes no storage here.`,
    { needed, free },
  );
}

async function folderOfManifest(manifest: Manifest, store: ModelStore): Promise<Folder> {
  const sources = await Promise.all(
    manifest.files.map(async ({ name }) => {
      const source = await store.source(name);
      if (!source)
        throw new EngineError("storage", `${name} is gone from the browser's storage; open the model again.`);
      return source;
    }),
  );
  return folderOf(manifest.name, sources);
}
