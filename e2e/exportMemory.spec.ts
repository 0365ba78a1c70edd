// An export streams: whatever the model's size, the worker holds one tensor and a few pieces of it, never the file.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { EXPORT_PAGE, measureExport, openForExport } from "../bench/export/exportHeap.ts";
import { writeSyntheticModel } from "../bench/export/syntheticModel.ts";
import { openHeadless } from "../src/cli/host/chromium.ts";
import { sizesOf } from "../src/lab/syntheticModel.ts";

/** 82 MB of weights, with a largest tensor of 8 MB. */
const SHAPE = { vocab: 4096, d: 512, layers: 7, heads: 8, kvHeads: 2, mlp: 1280 };
/** The program's own objects (11 MB) and the pieces in flight: 14 to 21 MB were measured. */
const ROOM_BYTES = 48e6;

test("an export of 82 MB holds no more than a tensor and a few pieces", async () => {
  const folder = mkdtempSync(join(tmpdir(), "espalier-memory-"));
  const headless = await openHeadless(EXPORT_PAGE);
  try {
    await writeSyntheticModel(join(folder, "model"), SHAPE);
    const { largestTensor, weights } = sizesOf(SHAPE);
    const limit = largestTensor + ROOM_BYTES;
    expect(weights).toBeGreaterThan(1.4 * limit);
    await openForExport(headless, join(folder, "model"));
    for (const form of ["masked", "compact"] as const) {
      const { prepare, zip, bytes, zipBytes } = await measureExport(headless, form, true);
      expect(bytes).toBeGreaterThan(form === "masked" ? weights : weights / 3);
      expect(zipBytes).toBeGreaterThan(bytes);
      expect(prepare.peak.samples).toBeGreaterThan(10);
      expect(zip.peak.samples).toBeGreaterThan(2);
      expect(prepare.peak.bytes, `${form}, preparing`).toBeLessThan(limit);
      expect(zip.peak.bytes, `${form}, zip`).toBeLessThan(limit);
    }
  } finally {
    await headless.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
