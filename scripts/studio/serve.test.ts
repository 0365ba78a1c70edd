// The local server of npm start: a port that is taken is passed over, so two starts at once both answer, each with its own build.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serveBuilt } from "./serve.ts";

test("two starts have addresses and builds of their own", async () => {
  const folders = ["first", "second"].map((text) => {
    const folder = mkdtempSync(join(tmpdir(), "espalier-served-"));
    writeFileSync(join(folder, "index.html"), text);
    return folder;
  });
  const served = await Promise.all(folders.map((folder) => serveBuilt(folder)));
  try {
    expect(new Set(served.map(({ address }) => address)).size).toBe(2);
    const texts = await Promise.all(served.map(async ({ address }) => (await fetch(address)).text()));
    expect(texts).toEqual(["first", "second"]);
    const [first] = served;
    expect((await fetch(`${first?.address ?? ""}missing.js`)).status).toBe(404);
  } finally {
    for (const { close } of served) await close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
});
