// The copy of the page that its service worker keeps in the browser's caches.
import { FIRST_USE_CACHE } from "../../shared/offlineCache.ts";
import type { StoredSize } from "./opfs.ts";

/** Of the library that the service worker is made of (src/offline/serviceWorker.ts). */
const IS_COPY = /^workbox-precache-/;

async function cacheNames(): Promise<string[]> {
  // no caches outside of secure contexts, and none where storage is off
  const names = await Promise.resolve()
    .then(() => caches.keys())
    .catch(() => []);
  return names.filter((name) => name === FIRST_USE_CACHE || IS_COPY.test(name));
}

/** What the copy takes; undefined if there is none. */
export async function pageCopySize(): Promise<StoredSize | undefined> {
  let bytes = 0;
  let changed = 0;
  for (const name of await cacheNames()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      bytes += (await answer?.blob())?.size ?? 0;
      changed = Math.max(changed, Date.parse(answer?.headers.get("Date") ?? "") || 0);
    }
  }
  return bytes === 0 ? undefined : { bytes, changed };
}

export async function removePageCopy(): Promise<void> {
  for (const name of await cacheNames()) await caches.delete(name);
}
