// Prepared exports: written to the origin's private file system and checked there, then saved as a zip or into a folder.
import {
  type Ctx,
  EngineError,
  type ExportedForm,
  type ExportTarget,
  folderOf,
  invariant,
  type OpenedModel,
  type OutputFile,
  safeName,
  zipSizeBytes,
  zipStream,
} from "../../engine/index.ts";
import type { Savable } from "../payloads/export.ts";
import type { Pruned } from "../run/pruned.ts";
import { claimFolder, EXPORTS, readFile, remove, writeFile } from "../storage/opfs.ts";
import { exportPruned, type ExportOptions, type PrunedExport } from "./exportPruned.ts";
import { opfsTarget, sourceAt } from "./opfsTarget.ts";
import { saveInto, watched } from "./saveFolder.ts";
import type { SpeedSubjects } from "./speed.ts";

/** Zips of a prepared export are in this folder beside its forms. */
const ZIPS = "zips";

/** Most characters of the model's name in the names of folders and zips, so that what is added to it fits as well. */
const NAME_LENGTH = 80;

interface SaveWatch {
  /** Bytes written and in total, and the name of what they are written to. */
  onBytes: (done: number, of: number, where: string) => void;
  cancelled: () => boolean;
}

interface Prepared {
  /** Its folder in the private file system. */
  path: string;
  /** Name of the user's folder or zip, without the form. */
  name: string;
  exported: ReadonlyMap<Savable, ExportedForm>;
  /** Of the dense model. */
  identity: string;
}

type Subject = Pick<OpenedModel, "name" | "identity">;

export class PreparedExports {
  private forms: (Prepared & { pruned: Pruned }) | undefined;
  private nested: Prepared | undefined;
  private folder: Promise<string> | undefined;
  private preparations = 0;

  /**
   * Writes every form, reads it back and compares its logits. The earlier export is replaced once that is done; after an error or a cancel
   * it can still be saved, and nothing of the new one is left.
   */
  async prepare(
    ctx: Ctx,
    opened: OpenedModel,
    what: PrunedExport,
    options: ExportOptions,
  ): Promise<readonly ExportedForm[]> {
    const before = this.forms;
    const write = (targetFor: (form: Savable) => ExportTarget): Promise<readonly ExportedForm[]> =>
      exportPruned(ctx, opened, { ...what, targetFor }, options);
    const { found, prepared } = await this.write(opened, before, write);
    const exported = new Map(found.map((form) => [form.form, form]));
    this.forms = { ...prepared, exported, pruned: what.pruned };
    if (before) await remove(before.path);
    return found;
  }

  /** The same for a nested model, which is prepared beside the forms. */
  async prepareNested<T extends { exported: ExportedForm }>(
    opened: Subject,
    write: (target: ExportTarget) => Promise<T>,
  ): Promise<T> {
    const before = this.nested;
    const { found, prepared } = await this.write(opened, before, (targetFor) => write(targetFor("nested")));
    this.nested = { ...prepared, exported: new Map([["nested", found.exported]]) };
    if (before) await remove(before.path);
    return found;
  }

  /** Writes into a folder of its own, which is removed if that fails. */
  private async write<T>(
    { name, identity }: Subject,
    before: Prepared | undefined,
    write: (targetFor: (form: Savable) => ExportTarget) => Promise<T>,
  ): Promise<{ found: T; prepared: Omit<Prepared, "exported"> }> {
    this.folder ??= claimFolder(EXPORTS).catch((error: unknown) => {
      // the next export tries again
      this.folder = undefined;
      throw error;
    });
    const path = `${await this.folder}/${++this.preparations}`;
    // The zips take as much room again, and can be made again.
    if (before) await remove(`${before.path}/${ZIPS}`);
    try {
      const found = await write((form) => opfsTarget(`${path}/${form}`));
      return { found, prepared: { path, name: `${safeName(name, NAME_LENGTH)}-pruned`, identity } };
    } catch (error) {
      await remove(path);
      throw error;
    }
  }

  /** Streams a form into one zip on disk, for the browser to download. */
  async saveZip(form: Savable, watch: SaveWatch): Promise<{ file: File; name: string }> {
    const { path, name, files } = await this.filesOf(form);
    const zipName = `${name}-${form}.zip`;
    const entries = files.map((file) => ({ ...file, name: `${name}-${form}/${file.name}` }));
    const bytes = zipSizeBytes(entries);
    // An earlier zip of the same files has equal bytes, and may still be downloading.
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

  /** Writes a form into a folder of the user's: all of it or nothing (saveFolder.ts). */
  async saveFolder(
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

  /** The prepared export as a speed measurement needs it. Throws "config" if none of this model is prepared. */
  async speedSubjects(opened: OpenedModel): Promise<{ pruned: Pruned } & Pick<SpeedSubjects, "onnx">> {
    const { forms: prepared } = this;
    invariant(
      prepared?.identity === opened.identity,
      "config",
      "No export of this model is prepared: prepare it first, then measure.",
    );
    const { path, exported, pruned } = prepared;
    const onnx = exported.get("onnx");
    if (!onnx?.ok || (onnx.dtype !== "F32" && onnx.dtype !== "F16")) return { pruned };
    const { files } = await this.filesOf("onnx");
    const sources = await Promise.all(files.map(({ name }) => sourceAt(`${path}/onnx/${name}`, name)));
    const { dtype } = onnx;
    return { pruned, onnx: { pruned: folderOf("pruned", sources), dense: opfsTarget(`${path}/dense`), dtype } };
  }

  /** The files of a form that passed its check. Throws "config", "format" or "storage" if there are none. */
  private async filesOf(form: Savable): Promise<{ path: string; name: string; files: OutputFile[] }> {
    const prepared = form === "nested" ? this.nested : this.forms;
    const exported = prepared?.exported.get(form);
    invariant(prepared && exported, "config", `the ${form} export has not been prepared: prepare it first`);
    invariant(exported.ok, "format", `the ${form} export is not offered: ${exported.reason ?? "its check failed"}`);
    const files = await Promise.all(
      exported.files.map(async ({ name }): Promise<OutputFile> => {
        const file = await readFile(`${prepared.path}/${form}/${name}`);
        if (!file)
          throw new EngineError(
            "storage",
            `${name} of the prepared export is gone from the browser's storage; prepare it again`,
          );
        return { name, sizeBytes: file.size, stream: () => file.stream() };
      }),
    );
    return { path: prepared.path, name: prepared.name, files };
  }
}
