// A plugin of vite's: the built studio gets a service worker, the list of files that it keeps, and the manifest of an app that can be installed.
import type { Plugin } from "vite";
import type { VitePWAOptions } from "vite-plugin-pwa";

/** Kept by the first visit. WebAssembly and the data of the GPU's check are kept when they are first used: 24 MB that few need. */
const KEPT = ["*.{html,js,svg}", "assets/*.{js,css}", "model/*.{json,md,safetensors}", "text/*.txt", "examples/*.json"];
/** The longest built-in text has 9.7 MB. */
const LARGEST_BYTES = 12e6;

const OPTIONS: Partial<VitePWAOptions> = {
  strategies: "injectManifest",
  srcDir: "src/offline",
  filename: "serviceWorker.ts",
  // src/ui/linkOffline.ts registers it, once the model is open
  injectRegister: false,
  injectManifest: {
    globPatterns: KEPT,
    maximumFileSizeToCacheInBytes: LARGEST_BYTES,
    rollupFormat: "iife",
    // the names of these files contain a hash
    dontCacheBustURLsMatching: /^assets\//,
  },
  includeManifestIcons: false,
  manifest: {
    name: "Espalier",
    short_name: "Espalier",
    description: "Prune a language model in your browser",
    display: "standalone",
    // of the light theme; the page has colours of its own
    background_color: "#fbfaf5",
    theme_color: "#1e5a3b",
    icons: [{ src: "icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any maskable" }],
  },
};

/** Loads the library only for a build: every command starts with this configuration. */
export async function keptOffline(): Promise<Plugin[]> {
  const { VitePWA } = await import("vite-plugin-pwa");
  return VitePWA(OPTIONS);
}
