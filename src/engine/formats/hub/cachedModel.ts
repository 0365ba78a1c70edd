// Opens a model by its address: from the cache where it is complete and unchanged, otherwise fetched. All models from the web pass here.
import { EngineError } from "../../errors.ts";
import { type Folder, folderOf } from "../files/folder.ts";
import { readError } from "../files/readError.ts";
import { type Address, addressName, addressText } from "./address.ts";
import { checkArrived, checkCached, fileHash } from "./checkFiles.ts";
import { downloadFiles } from "./download.ts";
import { listModel, purposeOf, type RemoteModel } from "./listing.ts";
import {
  arrivedBytes,
  type CachedFile,
  LIST_VERSION,
  type Manifest,
  readManifest,
  sameFile,
  unfetched,
  writeManifest,
} from "./manifest.ts";
import type { CacheOptions, ModelStore } from "./modelStore.ts";
import { FileChanged } from "./range.ts";
import type { RemoteFile } from "./remoteFile.ts";

/** How often a file that changes on the server during the download is fetched from the beginning again. */
const RESTARTS = 2;
/** Storage that must stay free beside the model, for checkpoints and exports. */
const SPARE_BYTES = 64 * 1024 * 1024;

/**
 * The model's files as a folder; this call compares each of them with its size and SHA-256. Without `refresh` a complete model needs
 * no network; damaged files are fetched again. Throws "cancelled" (what has arrived is kept, but not treated as complete), "network",
 * "storage" where the model does not fit, "config" where the user must choose a GGUF file.
 */
export async function fetchModel(address: Address, options: CacheOptions): Promise<Folder> {
  const { store, refresh } = options;
  const manifest = await readManifest(store);
  const complete = manifest ? await checkCached(manifest, options) : false;
  const current = manifest?.list === LIST_VERSION;
  if (manifest && complete && !refresh && current) return folderOfManifest(manifest, store);
  for (let restarts = 0; ; restarts += 1) {
    const remote = await listed(address, { complete, mustAnswer: refresh }, options);
    if (!remote) return folderOfManifest(manifest!, store);
    const before = restarts === 0 ? manifest : await readManifest(store);
    const fresh = merged(address, remote, before, options.web.limits.partBytes);
    try {
      await fetchMissing(address, remote, fresh, options);
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

/**
 * The server's list; undefined where the cache is complete and the server cannot be reached, or refuses (`mustAnswer` is false: the list is
 * only asked for files that an older version did not fetch).
 */
async function listed(
  address: Address,
  { complete, mustAnswer }: { complete: boolean; mustAnswer: boolean },
  { web }: CacheOptions,
): Promise<RemoteModel | undefined> {
  try {
    return await listModel(web, address);
  } catch (error) {
    if (!(error instanceof EngineError) || !complete || error.code === "cancelled") throw error;
    if (!mustAnswer || error.detail["tries"] !== undefined) return undefined;
    throw error;
  }
}

/** The manifest for the files that the server has now; unchanged files keep what has arrived of them. */
function merged(address: Address, remote: RemoteModel, before: Manifest | undefined, partBytes: number): Manifest {
  const files = remote.files.map((file): CachedFile => {
    const cached = before?.files.find(({ name }) => name === file.name);
    // for a file of unknown size it is unclear how much has arrived; and older versions took compressed sizes for its own
    const known = file.size !== undefined || before?.list === LIST_VERSION;
    const usable = cached && known && sameFile(cached, file) && (cached.whole || cached.size !== null);
    return usable ? { ...cached, url: file.url, sha256: file.sha256 ?? cached.sha256 } : unfetched(file, partBytes);
  });
  return {
    format: 1,
    address: addressText(address),
    name: addressName(address),
    revision: remote.revision,
    lastUsed: new Date().toISOString(),
    files,
    list: LIST_VERSION,
    ...(before?.card ? { card: before.card } : {}),
  };
}

/** Downloads what the manifest lists as missing, then checks the files that arrived. */
async function fetchMissing(
  address: Address,
  remote: RemoteModel,
  manifest: Manifest,
  options: CacheOptions,
): Promise<void> {
  const { web, store, onProgress } = options;
  await checkFreeStorage(manifest, store);
  await writeManifest(store, manifest);
  const sum = (of: (file: CachedFile) => number): number => manifest.files.reduce((total, file) => total + of(file), 0);
  let done = sum(arrivedBytes);
  const report = (): void => {
    const known = sum(({ size }) => size ?? 0);
    onProgress(done, Math.max(done, known), "fetching");
  };
  report();
  const onBytes = (bytes: number): void => {
    done += bytes;
    report();
  };
  await downloadFiles({ web, address, remote: remote.files, manifest, store, onBytes });
  const unchecked = manifest.files.filter(({ whole }) => !whole);
  const ofBytes = unchecked.reduce((total, { size }) => total + (size ?? 0), 0);
  let before = 0;
  for (const file of unchecked) {
    const source = await store.source(file.name);
    const onHashed = (bytes: number): void => onProgress(before + bytes, ofBytes, "checking");
    const sha256 = source && (await fileHash(source, web.signal, onHashed));
    try {
      await checkArrived(file, { what: purposeOf(web, address, file.name).what, source, sha256 });
    } catch (error) {
      await drop(file, remote.files, manifest, options);
      throw error;
    }
    before += source?.size ?? 0;
    Object.assign(file, { whole: true, size: source?.size ?? null, sha256: sha256 ?? null });
  }
  await writeManifest(store, manifest);
}

/** Deletes what has arrived of a file. */
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

async function checkFreeStorage({ files, name }: Manifest, store: ModelStore): Promise<void> {
  const free = await store.freeBytes();
  const needed = files.reduce((total, file) => total + (file.size ?? 0) - arrivedBytes(file), 0);
  if (free === undefined || needed === 0 || needed + SPARE_BYTES <= free) return;
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  throw new EngineError(
    "storage",
    `${name} needs ${mb(needed)} more of the browser's storage and ${mb(SPARE_BYTES)} in reserve, but only ${mb(free)} are free. Remove models from the library, free disk space, or download the files and open them as a folder, which needs no storage here.`,
    { needed, free },
  );
}

async function folderOfManifest(manifest: Manifest, store: ModelStore): Promise<Folder> {
  const sources = await Promise.all(
    manifest.files.map(async ({ name }) => {
      const source = await store.source(name);
      if (source) return source;
      throw readError({
        file: name,
        expected: "this file in the browser's storage",
        got: "none",
        advice: "Open the model again to fetch it.",
        code: "storage",
      });
    }),
  );
  return folderOf(manifest.name, sources);
}
