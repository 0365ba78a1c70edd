// Many ranges of many files at once: a few at a time, the first failure stops the others, and what has arrived is written down.
import type { Address } from "./address.ts";
import { purposeOf } from "./listing.ts";
import { type Manifest, MANIFEST_FILE, manifestText } from "./manifest.ts";
import type { GrowingFile, ModelStore } from "./modelStore.ts";
import { fetchRange, type Missing } from "./range.ts";
import type { RemoteFile } from "./remoteFile.ts";
import type { Web } from "./web.ts";

/** The manifest is written after so many bytes, so that a closed page loses no more than these. */
const SAVE_EVERY_BYTES = 32 * 1024 * 1024;

interface Part {
  file: RemoteFile;
  missing: Missing;
  sink: GrowingFile;
}

/** Fetches everything that the manifest says is missing of `remote`; the manifest is true at every moment it is written. */
export async function downloadFiles(
  web: Web,
  address: Address,
  remote: readonly RemoteFile[],
  manifest: Manifest,
  store: ModelStore,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const stopping = new AbortController();
  const within: Web = { ...web, signal: AbortSignal.any([web.signal, stopping.signal]) };
  const sinks: GrowingFile[] = [];
  const failures: unknown[] = [];
  let unsaved = 0;
  let saving = Promise.resolve();
  const save = (): void => {
    unsaved = 0;
    // what the manifest calls arrived must be on the disk
    for (const sink of sinks) sink.flush();
    const text = manifestText(manifest);
    saving = saving.then(() => store.writeText(MANIFEST_FILE, text));
  };
  const fetchOne = async ({ file, missing, sink }: Part): Promise<void> => {
    try {
      await fetchRange(within, purposeOf(web, address, file.name), file, missing, (at, chunk) => {
        sink.write(at, chunk);
        onBytes(chunk.length);
        unsaved += chunk.length;
        if (unsaved >= SAVE_EVERY_BYTES) save();
      });
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
  // the first is the cause, the others were stopped by it
  if (failures.length > 0) throw failures[0];
}

/** Opens the files that are not whole, and deals their parts out. */
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

/** Drops the parts that are there; a file whose size was unknown has it now. */
function settle(file: Manifest["files"][number]): void {
  const [all] = file.missing;
  if (file.size === null && all && all.at === all.end) file.size = all.end;
  file.missing = file.missing.filter(({ at, end }) => end === null || at < end);
}
