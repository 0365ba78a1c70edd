// The export in the worker: prepared in the origin's private file system, checked there, then handed over as a zip or into a folder.
import {
  type ByteSource,
  type Ctx,
  type ExportedForm,
  EngineError,
  type Form,
  type Folder,
  folderOf,
  blobSource,
  invariant,
  type OpenedModel,
  type OutputFile,
  type ExportTarget,
  safeName,
  zipSizeBytes,
  zipStream,
} from "../../engine/index.ts";
import { exportPruned, type ExportOptions } from "./exportPruned.ts";
import { claimFolder, readFile, remove, writeFile } from "../storage/opfs.ts";
import { saveInto, watched } from "./saveFolder.ts";
import type { Savable } from "../protocol.ts";
import type { PrunedModel, Pruned } from "../run/prunedModel.ts";
import type { SpeedSubjects } from "./speed.ts";

/** Holds a folder for each tab that has prepared an export. */
const ROOT = "exports";

/** Zips of a prepared export lie in a folder of their own beside its forms. */
const ZIPS = "zips";

/** Characters of the model's name in the names of folders and zips: what is added to it has to fit as well. */
const NAME_LENGTH = 80;

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
  deliveries: ReadonlyMap<Savable, ExportedForm>;
  /** Of the model that is pruned. */
  fingerprint: string;
}

type Subject = Pick<OpenedModel, "name" | "fingerprint">;

export class PreparedExports {
  private forms: (Prepared & { pruned: Pruned }) | undefined;
  private nested: Prepared | undefined;
  private folder: Promise<string> | undefined;
  private preparations = 0;

  /**
   * Writes, reads back and compares. The forms that were prepared before are replaced once that is done; a cancel or an error leaves
   * nothing half-written, and what was prepared before can still be saved.
   */
  async prepare(
    ctx: Ctx,
    opened: OpenedModel,
    pruned: Pruned,
    models: PrunedModel,
    forms: readonly Form[],
    options: ExportOptions,
  ): Promise<readonly ExportedForm[]> {
    const before = this.forms;
    const write = (placeFor: (form: Savable) => ExportTarget): Promise<readonly ExportedForm[]> =>
      exportPruned(ctx, opened, pruned, models, { forms, placeFor }, options);
    const { found, place } = await this.written(opened, before, write);
    const deliveries = new Map(found.map((delivery) => [delivery.form, delivery]));
    this.forms = { ...place, deliveries, pruned };
    if (before) await remove(before.path);
    return found;
  }

  /** The same for several ratios as one model, which is prepared beside the forms. */
  async prepareNested<T extends { delivery: ExportedForm }>(
    opened: Subject,
    write: (place: ExportTarget) => Promise<T>,
  ): Promise<T> {
    const before = this.nested;
    const { found, place } = await this.written(opened, before, (placeFor) => write(placeFor("nested")));
    this.nested = { ...place, deliveries: new Map([["nested", found.delivery]]) };
    if (before) await remove(before.path);
    return found;
  }

  private async written<T>(
    { name, fingerprint }: Subject,
    before: Prepared | undefined,
    write: (placeFor: (form: Savable) => ExportTarget) => Promise<T>,
  ): Promise<{ found: T; place: Omit<Prepared, "deliveries"> }> {
    this.folder ??= claimFolder(ROOT);
    const path = `${await this.folder}/${++this.preparations}`;
    // they would take as much room again, and can be made again
    if (before) await remove(`${before.path}/${ZIPS}`);
    try {
      const found = await write((form) => ratioAndSeed(`${path}/${form}`));
      return { found, place: { path, name: `${safeName(name, NAME_LENGTH)}-pruned`, fingerprint } };
    } catch (error) {
      await remove(path);
      throw error;
    }
  }

  /** One zip on disk, made by streaming; the page hands it to the browser's download. */
  async zip(form: Savable, watch: SaveWatch): Promise<{ file: File; name: string }> {
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
    form: Savable,
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
    const { forms: prepared } = this;
    invariant(
      prepared?.fingerprint === opened.fingerprint,
      "config",
      "no export of this model is prepared: prepare it first, then measure",
    );
    const { path, deliveries, pruned: of } = prepared;
    const onnx = deliveries.get("onnx");
    if (!onnx?.ok || onnx.dtype === "BF16") return { pruned: of };
    const { files } = await this.filesOf("onnx");
    const sources = await Promise.all(files.map(({ name }) => sourceAt(`${path}/onnx/${name}`, name)));
    const pruned = folderOf("pruned", sources);
    return { pruned: of, onnx: { pruned, dense: ratioAndSeed(`${path}/dense`), dtype: onnx.dtype } };
  }

  private async filesOf(form: Savable): Promise<{ path: string; name: string; files: OutputFile[] }> {
    const prepared = form === "nested" ? this.nested : this.forms;
    const delivery = prepared?.deliveries.get(form);
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

async function sourceAt(path: string, name: string): Promise<ByteSource> {
  const file = await readFile(path);
  if (!file) throw new EngineError("storage", `${name} could not be read back from the browser's storage`);
  return blobSource(name, file);
}

/** A form's folder in the private file system. */
function ratioAndSeed(path: string): ExportTarget {
  const names = new Set<string>();
  return {
    write: async (file) => {
      await writeFile(`${path}/${file.name}`, file.stream(), file.sizeBytes);
      names.add(file.name);
    },
    folder: async (): Promise<Folder> => {
      const sources = await Promise.all([...names].map((name) => sourceAt(`${path}/${name}`, name)));
      return folderOf(path, sources);
    },
    discard: () => remove(path),
  };
}
