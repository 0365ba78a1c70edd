// The section of bench/README.md on redrawing the map.
import type { FramesFigure } from "../map/measureMap.ts";
import { spreadText } from "../../src/lab/spreadText.ts";
import { markdownTable } from "../../src/shared/markdownTable.ts";
import type { MeasuredAt } from "./measured.ts";

export type MapFile = FramesFigure & MeasuredAt & { load: { before: number; after: number } };

export function mapSection(file: MapFile): string {
  const { measured, machine, load, layers, dModel, width, height, zoomed, rounds, frames, work, between, cpu } = file;
  const words =
    `The gate map of ${layers} blocks x ${dModel} dimensions, ${Math.round(width)} x ${Math.round(height)} pixels: the wheel zooms in ` +
    `${zoomed.toFixed(0)}-fold, a drag moves it to and fro, the wheel zooms out, one gesture per frame; ${rounds} rounds of ${frames} frames, ms. ` +
    "60 frames per second are 16.7 ms each. The work is what the page computes for a frame; without a graphics card, the browser's own drawing takes the CPU too.";
  const where = `Measured ${measured}, ${machine.cpu} with ${machine.cores} cores, ${machine.host ?? "Chromium"}; load average of the machine ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after it.`;
  const mean = cpu
    ? ` CPU time of the page's main thread per frame, drawing included: ${spreadText(cpu, 1)} ms on average.`
    : "";
  const busy =
    load.before > machine.cores
      ? "\n\n**The machine was busy with other work, which lengthens all times but the CPU time.**"
      : "";
  const rows = (
    [
      ["work of the page", work],
      ["from frame to frame", between],
    ] as const
  ).map(([name, of]) => [name, spreadText(of.median, 1), spreadText(of.p95, 1), spreadText(of.longest, 1)]);
  return [
    "## Redrawing the map",
    `${words}\n${where}${mean}${busy}`,
    markdownTable(["", "median", "95th percentile", "longest"], rows),
  ].join("\n\n");
}
