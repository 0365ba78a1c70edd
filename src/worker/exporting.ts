// The export in the worker: prepared in the origin's private file system, checked there, then handed over as a zip or into a folder.
import {
  type ByteSource,
  type Ctx,
  deliver,
  type Delivery,
  EngineError,
  type Form,
  type Folder,
  folderOf,
  blobSource,
  deliverWeights,
  invariant,
  type OpenedModel,
  type OutputFile,
  type Place,
  safeName,
  type DeliveryOptions,
  zipSizeBytes,
  zipStream,
} from "../engine/index.ts";
import { onnxReader } from "../verify/onnxReader.ts";
import { claimFolder, readFile, remove, writeFile } from "./opfs.ts";
import { saveInto, watched } from "./saving.ts";
import type { PrunedModel, Pruned } from "./pruned.ts";
import type { SpeedSubjects } from "./speed.ts";

/** Holds a folder for each tab that has prepared an export. */
const ROOT = "exports";

/** Zips of a prepared export lie in a folder of their own beside its forms. */
const ZIPS = "zips";

/** Characters of the model's name in the names of folders and zips: what is added to it has to fit as well. */
const NAME_LENGTH = 80;

/** What deliveries of every method take. */
export interface ExportOptions extends Omit<DeliveryOptions, "openOnnx" | "receipt"> {
  receipt: Omit<DeliveryOptions["receipt"], "recipe" | "target" | "trainedSteps" | "calibration">;
}

/** Bytes written so far, of all, and to where; and whether to stop. */
export interface SaveWatch {
  onBytes: (done: number, of: number, where: string) => void;
  cancelled: () => boolean;
}

interface Prepared {
  /** Where it lies in the private file system. */
  path: string;
  /** What the user's folder or zip is called, without the form. */
  name: string;
  deliveries: readonly Delivery[];
  pruned: Pruned;
  /** Of the model that they prune. */
  fingerprint: string;
}

export class Exporting {
  private prepared: Prepared | undefined;
  private folder: Promise<string> | undefined;
  private preparations = 0;

  /**
   * Writes, reads back and compares. What was prepared before is replaced once that is done; a cancel or an error leaves nothing
   * half-written, and what was prepared before can still be saved.
   */
  async prepare(
    ctx: Ctx,
    opened: OpenedModel,
    pruned: Pruned,
    models: PrunedModel,
    forms: readonly Form[],
    options: ExportOptions,
  ): Promise<readonly Delivery[]> {
    this.folder ??= claimFolder(ROOT);
    const path = `${await this.folder}/${++this.preparations}`;
    // they would take as much room again, and can be made again
    if (this.prepared) await remove(`${this.prepared.path}/${ZIPS}`);
    const placeFor = (form: Form): Place => placeOf(`${path}/${form}`);
    try {
      const deliveries = await delivered(ctx, opened, pruned, models, { forms, placeFor }, options);
      const { prepared } = this;
      const { fingerprint } = opened;
      this.prepared = { path, name: `${safeName(opened.name, NAME_LENGTH)}-pruned`, deliveries, pruned, fingerprint };
      if (prepared) await remove(prepared.path);
      return deliveries;
    } catch (error) {
      await remove(path);
      throw error;
    }
  }

  /** One zip on disk, made by streaming; the page hands it to the browser's download. */
  async zip(form: Form, watch: SaveWatch): Promise<{ file: File; name: string }> {
    const { path, name, files } = await this.filesOf(form);
    const zipName = `${name}-${form}.zip`;
    const entries = files.map((file) => ({ ...file, name: `${name}-${form}/${file.name}` }));
    const bytes = zipSizeBytes(entries);
    // saved before: equal files give equal bytes, and its download may still be under way
    const known = await readFile(`${path}/${ZIPS}/${zipName}`);
    if (known?.size === bytes) return { file: known, name: zipName };
    const onBytes = (done: number): void => watch.onBytes(done, bytes, zipName);
    const file = await writeFile(
      `${path}/${ZIPS}/${zipName}`,
      watched(zipStream(entries), { onBytes, cancelled: watch.cancelled }),
      bytes,
    );
    return { file, name: zipName };
  }

  /** Writes into a folder of the user's, all or nothing (see saving.ts). */
  async into(
    form: Form,
    folder: FileSystemDirectoryHandle,
    watch: SaveWatch,
  ): Promise<{ files: number; bytes: number }> {
    const { name, files } = await this.filesOf(form);
    const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const onBytes = (done: number): void => watch.onBytes(done, bytes, folder.name);
    await saveInto(folder, `${name}-${form}`, files, { onBytes, cancelled: watch.cancelled });
    return { files: files.length, bytes };
  }

  /** What a measurement of speed needs of the prepared export. Throws "config" where none of this model is prepared. */
  async toMeasure(opened: OpenedModel): Promise<{ pruned: Pruned } & Pick<SpeedSubjects, "onnx">> {
    const { prepared } = this;
    invariant(
      prepared?.fingerprint === opened.fingerprint,
      "config",
      "no export of this model is prepared: prepare it first, then measure",
    );
    const { path, deliveries, pruned: of } = prepared;
    const onnx = deliveries.find(({ form, ok }) => form === "onnx" && ok);
    if (!onnx || onnx.dtype === "BF16") return { pruned: of };
    const { files } = await this.filesOf("onnx");
    const sources = await Promise.all(files.map(({ name }) => sourceAt(`${path}/onnx/${name}`, name)));
    const pruned = folderOf("pruned", sources);
    return { pruned: of, onnx: { pruned, dense: placeOf(`${path}/dense`), dtype: onnx.dtype } };
  }

  private async filesOf(form: Form): Promise<{ path: string; name: string; files: OutputFile[] }> {
    const { prepared } = this;
    const delivery = prepared?.deliveries.find((one) => one.form === form);
    invariant(prepared && delivery, "config", `the ${form} export has not been prepared: prepare it first`);
    invariant(delivery.ok, "format", `the ${form} export is not offered: ${delivery.reason ?? "its check failed"}`);
    const files = await Promise.all(
      delivery.files.map(async ({ name }): Promise<OutputFile> => {
        const file = await readFile(`${prepared.path}/${form}/${name}`);
        if (!file)
          throw new EngineError(
            "storage",
            `${name} of the prepared export is gone from the browser's storage; prepare it again`,
          );
        return {
          name,
          sizeBytes: file.size,
          stream: () => file.stream(),
        };
      }),
    );
    return { path: prepared.path, name: prepared.name, files };
  }
}

/** Structures in the asked forms; single weights in the masked one only, dense with zeros. Throws "unsupported" for masks that were made to compare with. */
async function delivered(
  ctx: Ctx,
  opened: OpenedModel,
  pruned: Pruned,
  models: PrunedModel,
  { forms, placeFor }: { forms: readonly Form[]; placeFor: (form: Form) => Place },
  options: ExportOptions,
): Promise<readonly Delivery[]> {
  const { calibration } = pruned;
  const given = { ...options.receipt, calibration };
  if (pruned.kind === "weights") {
    const model = await models.of(ctx, opened, pruned);
    const { masks, recipe } = pruned;
    const receipt = { ...given, recipe };
    return [await deliverWeights(ctx, opened, { model, masks }, placeFor("masked"), { ...options, receipt })];
  }
  const { masks, made, architecture } = pruned;
  if (made.kind === "baseline") {
    throw new EngineError(
      "unsupported",
      `${made.method} masks are made to compare with and have no receipt; train for this ratio, or bring a trained run back, then export`,
    );
  }
  const target = { ratio: "block weights kept" as const, value: architecture.keep };
  const receipt = { ...given, recipe: made.recipe, target, trainedSteps: made.steps };
  const places = new Map(forms.map((form) => [form, placeFor(form)] as const));
  return deliver(ctx, opened, masks, places, { ...options, receipt, openOnnx: onnxReader });
}

async function sourceAt(path: string, name: string): Promise<ByteSource> {
  const file = await readFile(path);
  if (!file) throw new EngineError("storage", `${name} could not be read back from the browser's storage`);
  return blobSource(name, file);
}

/** A form's folder in the private file system. */
function placeOf(path: string): Place {
  const names: string[] = [];
  return {
    write: async (file) => {
      await writeFile(`${path}/${file.name}`, file.stream(), file.sizeBytes);
      names.push(file.name);
    },
    folder: async (): Promise<Folder> => {
      const sources = await Promise.all(names.map((name) => sourceAt(`${path}/${name}`, name)));
      return folderOf(path, sources);
    },
    discard: () => remove(path),
  };
}
