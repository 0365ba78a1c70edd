// What is known of a cached model: where it came from, and of each file whether it is whole. Only this decides what may be opened.
import { EngineError } from "../../errors.ts";
import { JsonField } from "../../json/jsonFields.ts";
import type { Missing } from "./range.ts";
import type { RemoteFile } from "./remoteFile.ts";
import type { ModelStore } from "./modelStore.ts";

export const MANIFEST_FILE = "manifest.json";
const FORMAT = 1;

export interface CachedFile {
  name: string;
  url: string;
  /** Bytes; null until it is known. */
  size: number | null;
  /** What the source says of its version; null where it says nothing. */
  version: string | null;
  /** Stated by the source, or computed when the file was whole. */
  sha256: string | null;
  /** What has not arrived. A file is whole when nothing is missing and its hash has been compared. */
  missing: Missing[];
  whole: boolean;
}

/** How a model is shown in a list before it is opened; known once it has been open. */
export interface ModelCard {
  family: string;
  licence: string;
}

export interface Manifest {
  format: typeof FORMAT;
  /** What a person would type to fetch it again. */
  address: string;
  name: string;
  /** The hub's commit; empty for other servers. */
  revision: string;
  /** ISO time. */
  lastUsed: string;
  files: CachedFile[];
  card?: ModelCard;
}

/** The manifest of a stored model; undefined where there is none, or where it cannot be read: then the model is fetched anew. */
export async function readManifest(store: Pick<ModelStore, "readText">): Promise<Manifest | undefined> {
  const text = await store.readText(MANIFEST_FILE);
  if (text === undefined) return undefined;
  try {
    return manifestOf(new JsonField(JSON.parse(text) as unknown, MANIFEST_FILE));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof EngineError && error.code === "format")) return undefined;
    throw error;
  }
}

export function writeManifest(store: ModelStore, manifest: Manifest): Promise<void> {
  return store.writeText(MANIFEST_FILE, manifestText(manifest));
}

export function manifestText(manifest: Manifest): string {
  return JSON.stringify(manifest);
}

/** Bytes that have arrived of a file. */
export function arrivedBytes({ size, missing }: CachedFile): number {
  const left = missing.reduce((sum, { at, end }) => sum + (end === null ? 0 : end - at), 0);
  return size === null ? Math.max(0, ...missing.map(({ at }) => at)) : size - left;
}

/** A file of which nothing has arrived, in parts of `partBytes` where its server answers with parts. */
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

/** Whether what is cached is of the file that the server has now. Without hash or version on both sides, sizes decide. */
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
