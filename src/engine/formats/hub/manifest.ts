// The manifest of a cached model: its source, and the state of each file. Only models whose manifest calls all files complete are opened.
import { EngineError } from "../../errors.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { parseJson } from "../files/folder.ts";
import type { Missing } from "./range.ts";
import type { RemoteFile } from "./remoteFile.ts";
import type { ModelStore } from "./modelStore.ts";

export const MANIFEST_FILE = "manifest.json";
const FORMAT = 1;
/** Raised when more of a model's files are fetched than before, or sizes of the older ones may be wrong. */
export const LIST_VERSION = 3;

export interface CachedFile {
  name: string;
  url: string;
  /** In bytes; null until it is known. */
  size: number | null;
  /** Version that the source reports; null where it reports none. */
  version: string | null;
  /** As stated by the source, or computed when the file was complete. */
  sha256: string | null;
  /** Ranges that have not arrived. */
  missing: Missing[];
  /** Nothing is missing, and size and hash have been compared. */
  whole: boolean;
}

/** What lists show of a model that is not open; known after it was opened once. */
export interface ModelCard {
  family: string;
  licence: string;
}

export interface Manifest {
  format: typeof FORMAT;
  /** What a user would type to fetch it again. */
  address: string;
  name: string;
  /** The hub's commit; empty for other servers. */
  revision: string;
  /** ISO time. */
  lastUsed: string;
  files: CachedFile[];
  /** LIST_VERSION of the program that chose the files; absent in the first. */
  list?: number;
  card?: ModelCard;
}

/** The manifest of a stored model; undefined where it is missing or unreadable, in which case the model is fetched again. */
export async function readManifest(store: Pick<ModelStore, "readText">): Promise<Manifest | undefined> {
  const text = await store.readText(MANIFEST_FILE);
  if (text === undefined) return undefined;
  try {
    return manifestOf(new JsonField(parseJson(text, MANIFEST_FILE), MANIFEST_FILE));
  } catch (error) {
    if (error instanceof EngineError && error.code === "format") return undefined;
    throw error;
  }
}

export function writeManifest(store: ModelStore, manifest: Manifest): Promise<void> {
  return store.writeText(MANIFEST_FILE, manifestText(manifest));
}

export function manifestText(manifest: Manifest): string {
  return JSON.stringify(manifest);
}

/** How many bytes of a file have arrived. */
export function arrivedBytes({ size, missing }: CachedFile): number {
  const left = missing.reduce((sum, { at, end }) => sum + (end === null ? 0 : end - at), 0);
  return size === null ? Math.max(0, ...missing.map(({ at }) => at)) : size - left;
}

/** A file of which nothing has arrived: in parts of `partBytes` bytes where its server supports ranges. */
export function unfetched({ name, url, size, sha256, version, ranges }: RemoteFile, partBytes: number): CachedFile {
  const missing: Missing[] = [];
  if (size === undefined) missing.push({ at: 0, end: null });
  else {
    const step = ranges ? partBytes : Math.max(1, size);
    for (let at = 0; at < size; at += step) missing.push({ at, end: Math.min(size, at + step) });
  }
  const known = { size: size ?? null, version: version ?? null, sha256: sha256 ?? null };
  return { name, url, ...known, missing, whole: false };
}

/** Whether the cached bytes belong to the file that the server has now: by hash, else by version, else by size. */
export function sameFile(cached: CachedFile, remote: RemoteFile): boolean {
  if (remote.size !== undefined && cached.size !== null && remote.size !== cached.size) return false;
  if (remote.sha256 !== undefined && cached.sha256 !== null) return remote.sha256 === cached.sha256;
  if (remote.version !== undefined && cached.version !== null) return remote.version === cached.version;
  return remote.size !== undefined && cached.size !== null;
}

function manifestOf(field: JsonField): Manifest {
  const card = field.get("card");
  return {
    format: field.get("format").oneOf([FORMAT]),
    address: field.get("address").text(),
    name: field.get("name").text(),
    revision: field.get("revision").text(),
    lastUsed: field.get("lastUsed").text(),
    files: field.get("files").list().map(cachedFileOf),
    ...(field.get("list").value === undefined ? {} : { list: field.get("list").count() }),
    ...(card.value === undefined
      ? {}
      : { card: { family: card.get("family").text(), licence: card.get("licence").text() } }),
  };
}

function cachedFileOf(field: JsonField): CachedFile {
  const orNull = <T>(name: string, read: (inner: JsonField) => T): T | null =>
    field.get(name).value === null ? null : read(field.get(name));
  return {
    name: field.get("name").text(),
    url: field.get("url").text(),
    size: orNull("size", (inner) => inner.count()),
    version: orNull("version", (inner) => inner.text()),
    sha256: orNull("sha256", (inner) => inner.text()),
    missing: field
      .get("missing")
      .list()
      .map((part) => ({
        at: part.get("at").count(),
        end: part.get("end").value === null ? null : part.get("end").count(),
      })),
    whole: field.get("whole").flag(),
  };
}
