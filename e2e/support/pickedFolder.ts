// Folders of the page's private storage: the one with exports, and one that stands in for a folder that a person picks.
import type { Page } from "@playwright/test";

export type Files = Record<string, { bytes: number; sha256: string }>;

/** Makes the folder picker, which a test cannot use, return a folder of the private storage; from the next load of the page on. */
export async function standInForPicker(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const picked = async (): Promise<FileSystemDirectoryHandle> =>
      (await navigator.storage.getDirectory()).getDirectoryHandle("picked", { create: true });
    Object.assign(window, { showDirectoryPicker: picked });
  });
}

/** Every file below a folder of the page's private storage, by path within it. */
export function filesIn(page: Page, folder: "exports" | "picked"): Promise<Files> {
  return page.evaluate(async (name) => {
    const found: Files = {};
    const visit = async (directory: FileSystemDirectoryHandle, path: string): Promise<void> => {
      for await (const [entryName, entry] of directory.entries()) {
        if (entry.kind === "directory") await visit(entry, `${path}${entryName}/`);
        else {
          const bytes = await (await entry.getFile()).arrayBuffer();
          const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
          const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
          found[path + entryName] = { bytes: bytes.byteLength, sha256 };
        }
      }
    };
    const root = await navigator.storage.getDirectory();
    await visit(await root.getDirectoryHandle(name, { create: true }), "");
    return found;
  }, folder);
}
