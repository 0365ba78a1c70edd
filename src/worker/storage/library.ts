// Cached models in the origin's private file system: listing and removing them. webModel.ts opens them.
import {
  addressText,
  arrivedBytes,
  blobSource,
  EngineError,
  type Manifest,
  type ModelCard,
  type ModelStore,
  readAddress,
  readManifest,
  sha256,
  writeManifest,
} from "../../engine/index.ts";
import { foldersIn, freeBytes, inPlace, openInPlace, readFile, remove, writeFile } from "./opfs.ts";
import type { CachedModel, ModelSource } from "../protocol.ts";
import { claim, hold, type Release } from "./claims.ts";

/** Contains a folder for each fetched model. */
export const MODELS = "models";
/** A model's folder is named by this many hexadecimal digits of its address's hash. */
const KEY_DIGITS = 16;

/** Stores what the list shows of a model, and that it was used now. */
export async function noteCard(typed: string, card: ModelCard): Promise<void> {
  const store = await storeOf(addressText(readAddress(typed)));
  const manifest = await readManifest(store);
  if (manifest) await writeManifest(store, { ...manifest, card, lastUsed: new Date().toISOString() });
}

/** Models that were fetched, fully or in part, last used first. */
export async function listCached(): Promise<CachedModel[]> {
  const keys = await foldersIn(MODELS);
  const models = await Promise.all(
    keys.map(async (key) => {
      const manifest = await readManifest(storeAt(`${MODELS}/${key}`));
      return manifest && cachedModelOf(manifest);
    }),
  );
  return models.filter((model) => model !== undefined).sort((a, b) => b.lastUsed.localeCompare(a.lastUsed));
}

function cachedModelOf({ address, name, lastUsed, files, card }: Manifest): CachedModel {
  return {
    address,
    name,
    lastUsed,
    bytes: files.reduce((sum, file) => sum + arrivedBytes(file), 0),
    ofBytes: files.reduce((sum, { size }) => sum + (size ?? 0), 0),
    whole: files.every(({ whole }) => whole),
    ...(card ?? {}),
  };
}

/** What is known of the model in a folder of `MODELS`; undefined where its list of files cannot be read. */
export const manifestOf = (folder: string): Promise<Manifest | undefined> =>
  readManifest(storeAt(`${MODELS}/${folder}`));

/** Keeps a fetched model from being removed, in every tab, until it is given up. Other sources are nothing that could be removed. */
export async function holdModel(source: ModelSource): Promise<Release> {
  if (source.kind !== "hub" && source.kind !== "cached") return () => undefined;
  return hold(await pathOf(addressText(readAddress(source.address))));
}

/** Removes a model and returns how many bytes that freed. Throws "storage" while a page uses it. */
export async function forgetCached(typed: string): Promise<{ freedBytes: number }> {
  const address = addressText(readAddress(typed));
  const path = await pathOf(address);
  const model = (await listCached()).find((cached) => cached.address === address);
  const release = await claim(path);
  if (release) await remove(path);
  release?.();
  if (!release || (await listCached()).some((cached) => cached.address === address))
    throw new EngineError(
      "storage",
      `${address} could not be removed, because another tab of this studio uses it. Close that tab and try again.`,
    );
  return { freedBytes: model?.bytes ?? 0 };
}

async function pathOf(address: string): Promise<string> {
  return `${MODELS}/${(await sha256(new TextEncoder().encode(address))).slice(0, KEY_DIGITS)}`;
}

/** Where the files of the model at an address are. */
export const storeOf = async (address: string): Promise<ModelStore> => storeAt(await pathOf(address));

function storeAt(folder: string): ModelStore {
  const at = (name: string): string => `${folder}/${name}`;
  return {
    readText: async (name) => (await readFile(at(name)))?.text(),
    async writeText(name, text) {
      await writeFile(at(name), [new TextEncoder().encode(text)]);
    },
    open: async (name) => {
      const handle = await openInPlace(at(name));
      return {
        write: (position, bytes) => inPlace(at(name), () => handle.write(bytes, { at: position })),
        truncate: (bytes) => inPlace(at(name), () => handle.truncate(bytes)),
        flush: () => inPlace(at(name), () => handle.flush()),
        close: () => handle.close(),
      };
    },
    source: async (name) => {
      const file = await readFile(at(name));
      return file && blobSource(name, file);
    },
    remove: (name) => remove(at(name)),
    freeBytes,
  };
}
