// The service worker of the built studio: keeps a copy of the page for when there is no network. Loaded by the browser alone, imported by nobody.
import { cacheNames, clientsClaim } from "workbox-core";
import { getCacheKeyForURL, precache } from "workbox-precaching";
import { registerRoute } from "workbox-routing";
import { CacheFirst, NetworkFirst } from "workbox-strategies";
import { FIRST_USE_CACHE } from "../shared/offlineCache.ts";

/** What is used here of a service worker's global scope; the types of pages have none of it. */
declare const self: {
  /** The list of files to keep, which the build writes. */
  __WB_MANIFEST: Parameters<typeof precache>[0];
  registration: { scope: string };
  addEventListener(type: "activate", listener: (event: { waitUntil(work: Promise<unknown>): void }) => void): void;
};

/** A network that does not answer for this long counts as none, where there is a copy. */
const NETWORK_SECONDS = 4;
/** How long such a network is left alone: each of the page's files would wait for it in turn. */
const LEFT_ALONE_MS = 60_000;

precache(self.__WB_MANIFEST);
// The first visit needs it at once, for what is kept at its first use. A new version waits until no tab has the old one.
clientsClaim();
self.addEventListener("activate", (event) => event.waitUntil(caches.delete(FIRST_USE_CACHE)));

const { scope } = self.registration;
const isPage = ({ href }: URL): boolean => href.replace(/[?#].*$/, "") === scope;
/** The kept copy of a file; undefined if none is kept. */
const copyOf = (url: URL): string | undefined => getCacheKeyForURL(isPage(url) ? `${scope}index.html` : url.href);
const key = async ({ request }: { request: Request }): Promise<string> => copyOf(new URL(request.url)) ?? request.url;

// Names in this folder contain a hash of what is in the file.
const isHashed = (url: URL): boolean => url.href.startsWith(`${scope}assets/`);

const fromCopy = new CacheFirst({ cacheName: cacheNames.precache, plugins: [{ cacheKeyWillBeUsed: key }] });
registerRoute(({ url }) => isHashed(url) && copyOf(url) !== undefined, fromCopy);
registerRoute(({ url }) => isHashed(url), new CacheFirst({ cacheName: FIRST_USE_CACHE }));
// Any other file may change at the server: the copy is for when that does not answer, and only an install writes it.
const fromNetwork = new NetworkFirst({
  cacheName: cacheNames.precache,
  networkTimeoutSeconds: NETWORK_SECONDS,
  plugins: [{ cacheKeyWillBeUsed: key, cacheWillUpdate: async () => null }],
});
let askAgain = 0;
registerRoute(
  ({ url }) => copyOf(url) !== undefined,
  async (options) => {
    const begun = Date.now();
    if (begun < askAgain) return fromCopy.handle(options);
    const answer = await fromNetwork.handle(options);
    if (Date.now() - begun >= 1000 * NETWORK_SECONDS) askAgain = Date.now() + LEFT_ALONE_MS;
    return answer;
  },
);
