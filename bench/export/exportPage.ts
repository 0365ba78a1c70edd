// The studio's worker without the studio's page: opens the picked files, trains, measures and exports.
import { createClient } from "../../src/worker/client.ts";
import type { TextSource } from "../../src/shared/texts.ts";
import {
  DEFAULT_RECIPE,
  type ExportedForm,
  type Form,
  type PlanChoice,
  type PlanResult,
} from "../../src/engine/index.ts";
import type { Subject } from "../../src/worker/protocol.ts";

const worker = new Worker(new URL("../../src/worker/host.ts", import.meta.url), { type: "module", name: "espalier" });
const client = createClient(worker);

let planned: PlanResult | undefined;
client.subscribe((event) => {
  if (event.type === "plan") planned = event.planned;
});

const TEXT: TextSource = {
  kind: "own",
  name: "text",
  text: "the people of the land and the men of the sea ".repeat(40),
};

/** Opens the picked files. */
async function open(name: string, choice?: PlanChoice): Promise<PlanResult | undefined> {
  const input = document.querySelector<HTMLInputElement>("#files");
  const files = [...(input?.files ?? [])].map((file) => ({ path: file.name, file }));
  const source = { kind: "files", name, files, ...(choice ? { choice } : {}) } as const;
  await client.request({ type: "open", source });
  await client.request({ type: "texts", calibration: TEXT, evaluation: TEXT });
  return planned;
}

/** One step of a run of `steps`, with `tokens` of the text. After the last one there is an architecture to export. */
async function step(tokens: number, steps = 1): Promise<void> {
  const recipe = { ...DEFAULT_RECIPE, steps, tokens };
  await client.request({ type: "step", recipe, tokens });
}

const perplexity = async (subject: Subject, tokens: number): Promise<number> =>
  (await client.request({ type: "perplexity", subject, tokens })).value;

async function prepare(forms: readonly Form[]): Promise<readonly ExportedForm[]> {
  const choice = { dtype: null, shardBytes: null, gguf: null };
  return (await client.request({ type: "prepareExport", forms, choice })).checks;
}

/** Bytes of the zip. */
async function zip(form: Form): Promise<number> {
  const { file } = await client.request({ type: "saveZip", form });
  return file.size;
}

const exporting = { open, step, perplexity, prepare, zip };
declare global {
  interface Window {
    exporting: typeof exporting;
  }
}
window.exporting = exporting;
