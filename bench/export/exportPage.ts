// The studio's worker without the studio's page: opens the picked files, trains one step and exports.
import { createClient } from "../../src/worker/client.ts";
import type { TextSource } from "../../src/shared/texts.ts";
import { DEFAULT_RECIPE, type ExportedForm, type Form } from "../../src/engine/index.ts";

const worker = new Worker(new URL("../../src/worker/host.ts", import.meta.url), { type: "module", name: "espalier" });
const client = createClient(worker);

const TEXT: TextSource = {
  kind: "own",
  name: "text",
  text: "the people of the land and the men of the sea ".repeat(40),
};

/** Opens the picked files and trains one step, so that there is something to export. */
async function open(name: string): Promise<void> {
  const input = document.querySelector<HTMLInputElement>("#files");
  const files = [...(input?.files ?? [])].map((file) => ({ path: file.name, file }));
  await client.request({ type: "open", source: { kind: "files", name, files } });
  await client.request({ type: "texts", calibration: TEXT, evaluation: TEXT });
  await client.request({ type: "step", recipe: { ...DEFAULT_RECIPE, steps: 1, tokens: 8 }, tokens: 8 });
}

async function prepare(forms: readonly Form[]): Promise<readonly ExportedForm[]> {
  const choice = { dtype: null, shardBytes: null, gguf: null };
  return (await client.request({ type: "prepareExport", forms, choice })).checks;
}

/** Bytes of the zip. */
async function zip(form: Form): Promise<number> {
  const { file } = await client.request({ type: "saveZip", form });
  return file.size;
}

const exporting = { open, prepare, zip };
declare global {
  interface Window {
    exporting: typeof exporting;
  }
}
window.exporting = exporting;
