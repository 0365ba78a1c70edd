// The pictures of the README as WebP: small in bytes, and one of them moves.
import { statSync } from "node:fs";
import type { Page } from "playwright";
import sharp from "sharp";

const PICTURE_BYTES = 400e3;
const RECORDING_BYTES = 3e6;
/** The recording shows a whole run, in this time. */
const RECORDING_SECONDS = 20;
const FRAMES = 100;
/** CSS pixels of the recording's window, and its width as written. */
const WINDOW = { width: 1440, height: 860 };
const RECORDING_WIDTH = 900;
/** Tried one after the other, until the file is small enough. */
const QUALITIES = { picture: [80, 65, 50, 35], recording: [55, 40, 28, 18] };

interface Limit {
  bytes: number;
  qualities: readonly number[];
}

/** Writes with the best quality that keeps the file below the limit. Throws if none does. */
async function writeBelow(
  { bytes, qualities }: Limit,
  path: string,
  write: (quality: number) => Promise<unknown>,
): Promise<void> {
  for (const quality of qualities) {
    await write(quality);
    if (statSync(path).size < bytes) return;
  }
  throw new Error(`${path}: expected less than ${bytes} bytes, got ${statSync(path).size} at the lowest quality`);
}

export const writePicture = (png: Buffer, path: string): Promise<void> =>
  writeBelow({ bytes: PICTURE_BYTES, qualities: QUALITIES.picture }, path, (quality) =>
    sharp(png).webp({ quality, effort: 6 }).toFile(path),
  );

/** Takes pictures until `ended` and writes an animation that repeats, from evenly spaced ones. */
export async function recordRun(page: Page, ended: Promise<unknown>, path: string): Promise<void> {
  await page.setViewportSize(WINDOW);
  await page.emulateMedia({ colorScheme: "light" });
  await page.evaluate(() => scrollTo(0, 0));
  let running = true;
  void ended.finally(() => (running = false)).catch(() => undefined);
  const all: Buffer[] = [];
  while (running) {
    const frame = await page.screenshot();
    all.push(await sharp(frame).resize({ width: RECORDING_WIDTH }).png().toBuffer());
    await page.waitForTimeout(1000);
  }
  const count = Math.min(FRAMES, all.length);
  const frames = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]).filter(
    (frame) => frame !== undefined,
  );
  const delay = frames.map(() => Math.round((RECORDING_SECONDS * 1000) / frames.length));
  await writeBelow({ bytes: RECORDING_BYTES, qualities: QUALITIES.recording }, path, (quality) =>
    sharp(frames, { join: { animated: true } })
      .webp({ quality, delay, loop: 0, effort: 4 })
      .toFile(path),
  );
}
