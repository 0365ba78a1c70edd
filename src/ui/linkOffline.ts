// Lets the browser keep a copy of the page that works without the network, and says when the server has a newer version. Built page only.
import { isOpened } from "../state/model/shownModel.ts";
import type { StudioStore } from "../state/store.ts";

type Store = StudioStore["store"];

const SERVICE_WORKER = "./serviceWorker.js";
/** How often a page that stays open asks for a new version, when it comes back into sight. */
const LOOK_MS = 3_600_000;

/** Whether a page's HTML is of another version than the one that loaded `script`: the names of scripts contain hashes. */
export const isOtherVersion = (html: string, script: string): boolean => !html.includes(script);

/** The name of the script that this page was started with. */
const ownScript = (): string | null =>
  document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute("src") ?? null;

/** Keeps the copy once the model is open, so that nothing delays the first picture. */
export function linkOffline(store: Store): void {
  // in development a copy would hide changes
  if (!import.meta.env.PROD) return;
  const stop = store.subscribe((state) => {
    if (!isOpened(state)) return;
    stop();
    if (!("serviceWorker" in navigator)) state.setOfflineCopy("unsupported");
    else keepCopy(store, navigator.serviceWorker).catch(() => state.setOfflineCopy("failed"));
  });
}

async function keepCopy(store: Store, container: ServiceWorkerContainer): Promise<void> {
  const { setOfflineCopy } = store.getState();
  setOfflineCopy("keeping");
  // where something blocks it, there may be no registration
  const registration = (await container.register(SERVICE_WORKER)) as ServiceWorkerRegistration | undefined;
  if (!registration) return setOfflineCopy("unsupported");
  void container.ready.then(() => setOfflineCopy("kept"));
  const first = registration.active === null ? registration.installing : null;
  first?.addEventListener("statechange", () => {
    if (first.state === "redundant") setOfflineCopy("failed");
  });
  watchVersions(store, registration);
}

/** Ends the service worker once its files are removed: it would promise a copy that is gone. The next visit makes another one. */
export async function dropCopy(store: Store): Promise<void> {
  if ("serviceWorker" in navigator) await (await navigator.serviceWorker.getRegistration())?.unregister();
  store.getState().setOfflineCopy("none");
}

/** A new version is kept beside the old one, and used by pages that are opened after all tabs with the old one are closed. */
function watchVersions(store: Store, registration: ServiceWorkerRegistration): void {
  let looked = performance.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || performance.now() - looked < LOOK_MS) return;
    looked = performance.now();
    void registration.update().catch(() => undefined);
  });
  registration.addEventListener("updatefound", () => {
    const { active, installing } = registration;
    if (!active) return;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed") void compareVersions(store);
    });
  });
}

/** The page itself comes from the network where there is one: it may be the new version already. */
async function compareVersions(store: Store): Promise<void> {
  const script = ownScript();
  const html = await fetch("./", { cache: "no-store" }).then(
    (answer) => answer.text(),
    () => null,
  );
  if (script !== null && html !== null && isOtherVersion(html, script)) store.getState().showNewVersion();
}
