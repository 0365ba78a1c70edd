// A page's commands as a bundle for Node, which cannot load WGSL itself.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Inside the project, so that packages are found from it. */
const FOLDER = join(ROOT, ".cache/node");
/** The scripts of src/verify's workers, under the names that ThreadWorker derives. */
const WORKERS = { onnxWorker: "src/cli/host/onnxThread.ts", llamaWorker: "src/cli/host/llamaThread.ts" };

/** Bundles a module of the project; takes half a second. Returns the path of the script. Packages stay outside. */
export async function bundleForNode(module: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const made = await build({
    ...{ root: ROOT, configFile: false, publicDir: false, logLevel: "error" },
    define: { __APP_VERSION__: JSON.stringify(version) },
    // the package's own build for Node, which reads its wasm from disk
    resolve: { alias: { "onnxruntime-web/wasm": "onnxruntime-web" } },
    // a package for browsers only, whose modules Node cannot import
    ssr: { noExternal: [/^@tensorflow\//] },
    build: {
      ...{ ssr: true, write: false, target: "node20", minify: false },
      rolldownOptions: {
        input: { commands: module, ...WORKERS },
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
      },
    },
  });
  const { output } = (Array.isArray(made) ? made[0] : made) as Rolldown.RolldownOutput;
  const files = output.flatMap((file) => (file.type === "chunk" ? [{ name: file.fileName, text: file.code }] : []));
  return join(writeOnce(files), "commands.mjs");
}

/** Writes the files into a folder named by their contents, so that commands that run at the same time do not disturb each other. */
function writeOnce(files: readonly { name: string; text: string }[]): string {
  const hash = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
  const folder = join(FOLDER, hash);
  if (existsSync(folder)) return folder;
  mkdirSync(FOLDER, { recursive: true });
  const unfinished = mkdtempSync(join(FOLDER, "unfinished-"));
  for (const { name, text } of files) writeFileSync(join(unfinished, name), text);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
