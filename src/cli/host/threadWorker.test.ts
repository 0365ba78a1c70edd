// The Worker that Node lacks: messages both ways, transferred buffers, errors and the end.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { ThreadWorker } from "./threadWorker.ts";

const folder = mkdtempSync(join(tmpdir(), "espalier-thread-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A worker of the script; its module has the ending of a source file. */
function workerOf(name: string, script: string): ThreadWorker {
  writeFileSync(join(folder, `${name}.mjs`), script);
  return new ThreadWorker(pathToFileURL(join(folder, `${name}.ts`)));
}

it("passes messages both ways, and moves transferred buffers", async () => {
  const worker = workerOf(
    "sum",
    `import { parentPort } from "node:worker_threads";
     parentPort.on("message", ({ values }) => parentPort.postMessage(values.reduce((a, b) => a + b)));`,
  );
  const values = Float32Array.of(1, 2, 3.5);
  const answer = new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage({ values }, [values.buffer]);
  expect(values.length).toBe(0);
  expect(await answer).toBe(6.5);
  worker.terminate();
});

it.each([
  ["throws", 'throw new Error("no runtime");', "no runtime"],
  ["missing", 'import "./not-there.mjs";', "not-there.mjs"],
])("reports a script that %s", async (name, script, reason) => {
  const worker = workerOf(name, script);
  const message = await new Promise<string>((resolve) => {
    worker.onerror = (event) => resolve(event.message);
  });
  expect(message).toContain(reason);
});
