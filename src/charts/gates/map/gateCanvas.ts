// The gate map's canvases: the gates, and above them layers that the compositor fades away: the gates before, and fresh changes.
import type { Frame } from "../../lib/frame/frame.ts";
import { FADE_MS, reducedMotion } from "../../lib/frame/theme.ts";
import { comparedPixels } from "./comparedPixels.ts";
import { coloursOf, type GateColours } from "./gateColours.ts";
import type { Columns } from "./dimensionOrder.ts";
import type { GateData } from "./gateImage.ts";
import type { GatePass } from "./gateState.ts";
import { canvasBands, rowsInView } from "./mapLayout.ts";
import type { MapLayout } from "./mapLayout.ts";
import { columnWindow, WindowLevels } from "./windowLevels.ts";

const FLASH_MS = 600;
/** Opacity of a change that has just happened: enough to notice, too little to distract. */
const FLASH_OPACITY = 0.7;

/** What the canvas needs of the map's geometry. */
interface Picture {
  data: GateData;
  pass: GatePass;
  layout: MapLayout;
  columns: Columns;
}

/** A picture of one pixel per row and column, and where it begins and ends across the canvas, device pixels. */
interface Pixels {
  rows: number;
  columns: number;
  left: number;
  right: number;
  /** Rows of the blocks in view, first and last: only these are coloured. Default: all. */
  seen?: readonly [number, number];
}

/** Words of ImageData from the levels of pixels. */
interface Coloured {
  levels: Uint8Array;
  ramp: Uint32Array;
}

export class GateCanvas {
  private readonly gates: HTMLCanvasElement;
  private readonly before: HTMLCanvasElement;
  private readonly flash: HTMLCanvasElement;
  private readonly scratch: HTMLCanvasElement;
  private layout: MapLayout | null = null;
  private colours: GateColours | null = null;
  private pixels: ImageData | null = null;
  private readonly parts = new WindowLevels();
  /** Whether something is on the canvas that the next paint can fade over from. */
  private painted = false;
  private fade: Animation | null = null;
  /** Of the gates before. Kept, because asking an element for its animations lays out the page. */
  private fadingOver: Animation | undefined;
  private fadeStart = -Infinity;

  constructor(
    private readonly frame: Frame,
    private readonly flashes: boolean,
  ) {
    this.gates = frame.canvas("chart-map");
    this.before = frame.canvas("chart-flash");
    this.flash = frame.canvas("chart-flash");
    this.scratch = frame.plot.ownerDocument.createElement("canvas");
  }

  /** Share of the last flash that is still on the screen (1..0). */
  heatLeft(): number {
    return Math.max(0, 1 - (performance.now() - this.fadeStart) / FLASH_MS);
  }

  /** Draws the gates; `anew` after a new width or theme. */
  draw({ data, pass, layout, columns: order }: Picture, anew: boolean): void {
    const before = this.layout;
    this.layout = layout;
    if (anew || !before || placeOf(before) !== placeOf(layout)) this.place(layout);
    else if (viewOf(before) !== viewOf(layout)) this.stopFades();
    if (anew || !this.colours) this.colours = coloursOf(this.frame.plot);
    const { colours } = this;
    if (data.compared) {
      const { rows, columns } = pass;
      const sizes = { rows, columns, dModel: data.dModel, colours: colours.compared };
      const pixels = comparedPixels(data.compared, sizes);
      this.blit(this.gates, this.full(pass), pixels);
    } else if (layout.scale > 1 || order.dimensionAt) this.paintPart(data, pass, order, colours);
    else this.paint(pass, colours, data.fade ?? false);
  }

  /** Sizes the canvases; what was on them is gone. */
  private place(layout: MapLayout): void {
    for (const canvas of [this.gates, this.before, this.flash]) {
      canvas.style.left = `${layout.left}px`;
      canvas.style.top = `${layout.top}px`;
      canvas.style.width = `${layout.plotWidth}px`;
      canvas.style.height = `${layout.mapHeight}px`;
      canvas.width = Math.round(layout.plotWidth * devicePixelRatio);
      canvas.height = Math.round(layout.mapHeight * devicePixelRatio);
    }
    this.stopFades();
  }

  /** What was painted before is of another place: nothing fades over from it. */
  private stopFades(): void {
    this.fade?.cancel();
    this.fadingOver?.cancel();
    this.fadeStart = -Infinity;
    this.painted = false;
  }

  private full({ rows, columns }: Pick<GatePass, "rows" | "columns">): Pixels {
    return { rows, columns, left: 0, right: this.gates.width };
  }

  /** Draws what is in view, or sorted columns. Changes do not flash here. */
  private paintPart(data: GateData, { rows }: GatePass, order: Columns, { kept }: GateColours): void {
    const { layout } = this;
    if (!layout) return;
    const { dModel } = data;
    const across = { from: layout.from * dModel, count: dModel / layout.scale, of: dModel };
    const { edges, left, right } = columnWindow(across, this.gates.width);
    const seen = rowsInView(layout);
    const levels = this.parts.of(data, order, { edges }, { of: rows, first: seen[0] ?? 0, last: seen.at(-1) ?? -1 });
    this.stopFades();
    const first = Math.floor((seen[0] ?? 0) / layout.rowsPerBlock) * layout.rowsPerBlock;
    const last = Math.ceil(((seen.at(-1) ?? -1) + 1) / layout.rowsPerBlock) * layout.rowsPerBlock - 1;
    const pixels: Pixels = { rows, columns: edges.length - 1, left, right, seen: [first, Math.min(last, rows - 1)] };
    this.blit(this.gates, pixels, { levels, ramp: kept });
  }

  /** Draws a pass: with `over` it fades over from the gates before, and otherwise its changes flash. */
  private paint(pass: GatePass, { kept, heat }: GateColours, over: boolean): void {
    if (over && this.painted && pass.changed > 0 && !reducedMotion()) this.fadeOver();
    this.painted = true;
    const flashing = !over && this.flashes && !reducedMotion() && (pass.changed > 0 || this.heatLeft() > 0);
    this.blit(this.gates, this.full(pass), { levels: pass.levels, ramp: kept });
    if (!flashing) return;
    this.blit(this.flash, this.full(pass), { levels: pass.heat, ramp: heat });
    this.fade?.cancel();
    this.fade = this.flash.animate({ opacity: [FLASH_OPACITY, 0] }, { duration: FLASH_MS });
    this.fadeStart = performance.now();
  }

  private fadeOver(): void {
    const context = this.before.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, this.before.width, this.before.height);
    context.drawImage(this.gates, 0, 0);
    this.fadingOver?.cancel();
    this.fadingOver = this.before.animate({ opacity: [1, 0] }, { duration: FADE_MS });
  }

  /** Colours into a small image, one pixel per row and column, then block by block (leaving the gaps) enlarged onto the canvas. */
  private blit(
    canvas: HTMLCanvasElement,
    { rows, columns, left, right, seen: [firstRow, lastRow] = [0, rows - 1] }: Pixels,
    coloured: Coloured | Uint32Array,
  ): void {
    const target = canvas.getContext("2d");
    const source = this.scratch.getContext("2d");
    if (!this.layout || !target || !source) return;
    if (this.pixels?.width !== columns || this.pixels.height !== rows) {
      this.scratch.width = columns;
      this.scratch.height = rows;
      this.pixels = new ImageData(columns, rows);
    }
    const words = new Uint32Array(this.pixels.data.buffer);
    const [from, to] = [firstRow * columns, (lastRow + 1) * columns];
    if (coloured instanceof Uint32Array) words.set(coloured);
    else {
      const { levels, ramp } = coloured;
      for (let i = from; i < to; i += 1) words[i] = ramp[levels[i] as number] as number;
    }
    source.putImageData(this.pixels, 0, 0, 0, firstRow, columns, lastRow + 1 - firstRow);
    target.clearRect(0, 0, canvas.width, canvas.height);
    target.imageSmoothingEnabled = false;
    const { rowsPerBlock } = this.layout;
    canvasBands(this.layout, devicePixelRatio).forEach(({ y, height }, block) => {
      if (y >= canvas.height || y + height <= 0) return;
      const first = block * rowsPerBlock;
      target.drawImage(this.scratch, 0, first, columns, rowsPerBlock, left, y, right - left, height);
    });
  }
}

/** Where the canvas is, and how large; what of the map is on it. */
const placeOf = ({ left, top, plotWidth, mapHeight }: MapLayout): string => [left, top, plotWidth, mapHeight].join(" ");
const viewOf = ({ from, scale, scrolled, rowPx, rowsPerBlock }: MapLayout): string =>
  [from, scale, scrolled, rowPx, rowsPerBlock].join(" ");
