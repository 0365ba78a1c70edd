// Fetches ranges of several files in parallel; the first failure stops the others, and the manifest records what has arrived.
import type { Address } from "./address.ts";
import { purposeOf } from "./listing.ts";
import { type Manifest, MANIFEST_FILE, manifestText } from "./manifest.ts";
import type { GrowingFile, ModelStore } from "./modelStore.ts";
import { fetchRange, type Missing } from "./range.ts";
import type { RemoteFile } from "./remoteFile.ts";
import type { Web } from "./web.ts";

/** The manifest is written after this many bytes, which is the most that a closed page can lose. */
const SAVE_EVERY_BYTES = 32 * 1024 * 1024;

interface Part {
  file: RemoteFile;
  missing: Missing;
  sink: GrowingFile;
}

interface Download {
  web: Web;
  address: Address;
  remote: readonly RemoteFile[];
  /** Updated as bytes arrive. */
  manifest: Manifest;
  store: ModelStore;
  /** Called with the number of bytes that have just arrived. */
  onBytes: (bytes: number) => void;
}

/**
 * Fetches everything of `remote` that the manifest lists as missing. Whenever the manifest is written, the bytes that it calls
 * arrived are on disk. Throws as `fetchRange`, and "storage".
 */
export async function downloadFiles({ web, address, remote, manifest, store, onBytes }: Download): Promise<void> {
  const stopping = new AbortController();
  const within: Web = { ...web, signal: AbortSignal.any([web.signal, stopping.signal]) };
  const sinks: GrowingFile[] = [];
  const failures: unknown[] = [];
  let unsaved = 0;
  let saving = Promise.resolve();
  const save = (): void => {
    unsaved = 0;
    // what the manifest calls arrived must be on disk
    for (const sink of sinks) sink.flush();
    const text = manifestText(manifest);
    saving = saving.then(() => store.writeText(MANIFEST_FILE, text));
  };
  const fetchOne = async ({ file, missing, sink }: Part): Promise<void> => {
    try {
      const write = (at: number, chunk: Uint8Array): void => {
        sink.write(at, chunk);
        onBytes(chunk.length);
        unsaved += chunk.length;
        if (unsaved >= SAVE_EVERY_BYTES) save();
      };
      await fetchRange(within, purposeOf(web, address, file.name), { file, range: missing, write });
    } catch (error) {
      failures.push(error);
      stopping.abort();
    }
  };
  try {
    const queue = await partsOf(remote, manifest, store, sinks);
    const worker = async (): Promise<void> => {
      for (let part = queue.shift(); part && failures.length === 0; part = queue.shift()) await fetchOne(part);
    };
    await Promise.all(Array.from({ length: web.limits.parallel }, worker));
  } finally {
    for (const file of manifest.files) settle(file);
    try {
      save();
      await saving;
    } finally {
      for (const sink of sinks) sink.close();
    }
  }
  // the first failure is the cause; it stopped the others
  if (failures.length > 0) throw failures[0];
}

/** Opens the incomplete files and lists their missing parts. */
async function partsOf(
  remote: readonly RemoteFile[],
  manifest: Manifest,
  store: ModelStore,
  sinks: GrowingFile[],
): Promise<Part[]> {
  const parts: Part[] = [];
  for (const file of remote) {
    const cached = manifest.files.find(({ name }) => name === file.name);
    if (!cached || cached.whole) continue;
    const sink = await store.open(file.name);
    sinks.push(sink);
    if (cached.size !== null) sink.truncate(cached.size);
    parts.push(...cached.missing.map((missing) => ({ file, missing, sink })));
  }
  return parts;
}

/** Removes the parts that have arrived, and sets a size that was unknown until now. */
function settle(file: Manifest["files"][number]): void {
  const [all] = file.missing;
  if (file.size === null && all && all.at === all.end) file.size = all.end;
  file.missing = file.missing.filter(({ at, end }) => end === null || at < end);
}
