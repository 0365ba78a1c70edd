// Runs a golden case on a host, with the kernels that a context has chosen.
import type { Ctx } from "../engine/ctx.ts";
import { EngineError } from "../engine/errors.ts";
import type { Folder } from "../engine/formats/files/folder.ts";
import { isGguf } from "../engine/formats/files/modelFiles.ts";
import { checkGolden } from "../engine/golden/check.ts";
import type { Precision } from "../engine/tensor.ts";
import type { Tally } from "./tally.fixture.ts";

/** A GGUF file is there for its blocks. */
export const inBlocks = (folder: Folder): boolean => folder.list().some(isGguf);

/** Adds the comparisons of a golden case; one that throws is a failed one. Throws "device-lost". */
export async function checkCase(ctx: Ctx, folder: Folder, given: Precision, add: Tally["add"]): Promise<void> {
  const precision = inBlocks(folder) ? "file" : given;
  const place = { op: folder.name, case: `weights ${precision}` };
  const fail = (name: string): void => add({ ...place, name, ok: false, worst: Number.NaN, limit: 0 });
  try {
    const { checks } = await checkGolden(ctx, folder, { precision });
    for (const [name, check] of Object.entries(checks)) add({ ...place, name, ...check });
    if (Object.keys(checks).length === 0) fail("expected checks, got none");
  } catch (error) {
    const { code, message } = EngineError.from(error);
    if (code === "device-lost") throw error;
    fail(message);
  }
}
