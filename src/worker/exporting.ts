// The export in the worker: prepared in the origin's private file system, checked there, then handed over as a zip or into a folder.
import {
  type Ctx,
  deliver,
  type Delivery,
  EngineError,
  type Form,
  type Folder,
  folderOf,
  blobSource,
  invariant,
  type Masks,
  type OpenedModel,
  type OutputFile,
  type Place,
  safeName,
  type DeliveryOptions,
  zipStream,
} from "../engine/index.ts";
import { onnxReader } from "../verify/onnxReader.ts";
import { directoryOf, readFile, remove, writeFile } from "./opfs.ts";

const ROOT = "exports";

export class Exporting {
  private prepared: { name: string; deliveries: readonly Delivery[] } | undefined;

  /** Writes, reads back and compares. What was prepared before is replaced; a cancel or an error leaves nothing half-written. */
  async prepare(
    ctx: Ctx,
    opened: OpenedModel,
    masks: Masks,
    forms: readonly Form[],
    options: Omit<DeliveryOptions, "openOnnx">,
  ): Promise<readonly Delivery[]> {
    this.prepared = undefined;
    await remove(ROOT);
    const places = new Map(forms.map((form) => [form, placeOf(form)] as const));
    try {
      const deliveries = await deliver(ctx, opened, masks, places, { ...options, openOnnx: onnxReader });
      this.prepared = { name: safeName(`${opened.name}-pruned`), deliveries };
      return deliveries;
    } catch (error) {
      await remove(ROOT);
      throw error;
    }
  }

  /** One zip on disk, made by streaming; the page hands it to the browser's download. */
  async zip(form: Form): Promise<{ file: File; name: string }> {
    const { name, files } = await this.filesOf(form);
    const stream = zipStream(files.map((file) => ({ ...file, name: `${name}-${form}/${file.name}` })));
    const zipName = `${name}-${form}.zip`;
    return {
      file: await writeFile(`${ROOT}/${zipName}`, stream),
      name: zipName,
    };
  }

  /** Writes into a folder of the user's. Each file takes its name when it is whole. */
  async into(form: Form, folder: FileSystemDirectoryHandle): Promise<{ files: number; bytes: number }> {
    const { name, files } = await this.filesOf(form);
    const target = await folder.getDirectoryHandle(`${name}-${form}`, { create: true });
    let bytes = 0;
    try {
      for (const file of files) {
        const { directory, name: fileName } = await directoryOf(file.name, true, target);
        const handle = await directory.getFileHandle(fileName, { create: true });
        const stream = await handle.createWritable();
        for await (const chunk of file.stream()) await stream.write(chunk);
        await stream.close();
        bytes += file.sizeBytes;
      }
    } catch (error) {
      await folder.removeEntry(target.name, { recursive: true }).catch(() => undefined);
      const reason = error instanceof Error ? error.name : "unknown";
      throw new EngineError(
        "storage",
        `Saving into the folder failed (${reason}); nothing half-written was left there. Choose another folder or save a zip.`,
        { reason },
      );
    }
    return { files: files.length, bytes };
  }

  private async filesOf(form: Form): Promise<{ name: string; files: OutputFile[] }> {
    const delivery = this.prepared?.deliveries.find((one) => one.form === form);
    invariant(this.prepared && delivery, "bug", `the ${form} export has not been prepared`);
    invariant(delivery.ok, "format", `the ${form} export is not offered: ${delivery.reason ?? "its check failed"}`);
    const files = await Promise.all(
      delivery.files.map(async ({ name }): Promise<OutputFile> => {
        const file = await readFile(`${ROOT}/${form}/${name}`);
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
    return { name: this.prepared.name, files };
  }
}

/** A form's folder in the private file system. */
function placeOf(form: Form): Place {
  const names: string[] = [];
  return {
    write: async (file) => {
      await writeFile(`${ROOT}/${form}/${file.name}`, file.stream());
      names.push(file.name);
    },
    folder: async (): Promise<Folder> => {
      const sources = await Promise.all(
        names.map(async (name) => {
          const file = await readFile(`${ROOT}/${form}/${name}`);
          if (!file) throw new EngineError("storage", `${name} could not be read back from the browser's storage`);
          return blobSource(name, file);
        }),
      );
      return folderOf(form, sources);
    },
    discard: () => remove(`${ROOT}/${form}`),
  };
}
