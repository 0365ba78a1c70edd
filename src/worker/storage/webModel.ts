// Opens a model from the web, or from the cache that it is kept in.
import {
  addressText,
  DOWNLOAD_LIMITS,
  fetchModel,
  type Folder,
  HUB,
  readAddress,
  safeFetch,
} from "../../engine/index.ts";
import { storeOf } from "./library.ts";

export interface OpenCachedOptions {
  /** Asks the server whether the cached files have changed. */
  refresh: boolean;
  signal: AbortSignal;
  /** Bytes done and in total; `note` names what is done to them. */
  onProgress: (done: number, of: number, note: string) => void;
}

/** Opens a model by its address, from the cache or the web. Throws what `fetchModel` throws. */
export async function openCached(typed: string, { refresh, signal, onProgress }: OpenCachedOptions): Promise<Folder> {
  const address = readAddress(typed);
  const store = await storeOf(addressText(address));
  const web = {
    fetch: safeFetch((url, init) => fetch(url, init)),
    signal,
    limits: DOWNLOAD_LIMITS,
    hub: HUB,
  };
  return fetchModel(address, { web, store, refresh, onProgress });
}
