// The gate map's canvases: the gates, and above them layers that the compositor fades away: what was there before, and fresh changes.
import type { Frame } from "../../lib/frame.ts";
import type { GatePass } from "./gateImage.ts";
import { blockTop } from "./mapLayout.ts";
import type { MapLayout } from "./mapLayout.ts";
import { alphaRamp, colourRamp, FADE_MS, reducedMotion, resolveColour } from "../../lib/theme.ts";
import { ROWS_PER_BLOCK } from "../../lib/numbers/vectors.ts";

const FLASH_MS = 600;
/** Opacity of a change that has just happened: enough to notice, too little to distract. */
const FLASH_OPACITY = 0.7;

type PixelSize = Pick<GatePass, "rows" | "columns">;

export class GateCanvas {
  /** Pixels across; the map has at most so many columns. */
  columns = 1;
  private readonly gates: HTMLCanvasElement;
  private readonly before: HTMLCanvasElement;
  private readonly flash: HTMLCanvasElement;
  private readonly scratch: HTMLCanvasElement;
  private layoutNow: MapLayout | null = null;
  private ramp: Uint32Array = new Uint32Array(256);
  private heatRamp: Uint32Array = new Uint32Array(256);
  private pixels: ImageData | null = null;
  private words = new Uint32Array(0);
  /** Whether something is on the canvas that a next paint can fade over from. */
  private painted = false;
  private fade: Animation | null = null;
  private fadeStart = -Infinity;
  private readonly flashes: boolean;

  constructor(frame: Frame, flashes: boolean) {
    this.gates = frame.canvas("chart-map");
    this.before = frame.canvas("chart-flash");
    this.flash = frame.canvas("chart-flash");
    this.scratch = frame.plot.ownerDocument.createElement("canvas");
    this.flashes = flashes;
  }

  /** Takes new geometry and colours; the next paint draws. */
  layout(layout: MapLayout, plot: HTMLElement): void {
    this.layoutNow = layout;
    const kept = resolveColour(plot, "--chart-kept");
    this.ramp = colourRamp(resolveColour(plot, "--chart-pruned"), kept);
    this.heatRamp = alphaRamp(resolveColour(plot, "--chart-flash"));
    for (const canvas of [this.gates, this.before, this.flash]) {
      canvas.style.left = `${layout.left}px`;
      canvas.style.top = `${layout.top}px`;
      canvas.style.width = `${layout.plotWidth}px`;
      canvas.style.height = `${layout.mapHeight}px`;
      canvas.width = Math.round(layout.plotWidth * devicePixelRatio);
      canvas.height = Math.round(layout.mapHeight * devicePixelRatio);
    }
    this.columns = this.gates.width;
    this.fade?.cancel();
    this.fadeStart = -Infinity;
    this.painted = false;
  }

  /** Share of the last flash that is still on the screen (1..0). */
  heatLeft(): number {
    return Math.max(0, 1 - (performance.now() - this.fadeStart) / FLASH_MS);
  }

  /** Draws a pass: over what was there before where it is to fade over, and else with a flash of what changed in it. */
  paint(pass: GatePass, over: boolean): void {
    if (over && this.painted && pass.changed > 0 && !reducedMotion()) this.fadeOver();
    this.painted = true;
    const flashing = !over && this.flashes && !reducedMotion() && (pass.changed > 0 || this.heatLeft() > 0);
    this.blit(this.gates, pass, (i) => this.ramp[pass.share[i] as number] as number);
    if (!flashing) return;
    this.blit(this.flash, pass, (i) => this.heatRamp[pass.heat[i] as number] as number);
    this.fade?.cancel();
    this.fade = this.flash.animate({ opacity: [FLASH_OPACITY, 0] }, { duration: FLASH_MS });
    this.fadeStart = performance.now();
  }

  private fadeOver(): void {
    const context = this.before.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, this.before.width, this.before.height);
    context.drawImage(this.gates, 0, 0);
    for (const animation of this.before.getAnimations()) animation.cancel();
    this.before.animate({ opacity: [1, 0] }, { duration: FADE_MS });
  }

  /** Draws a comparison: pixels as ImageData's words, rows x columns, without flashes. */
  paintPixels(size: PixelSize, pixels: Uint32Array): void {
    this.blit(this.gates, size, (i) => pixels[i] ?? 0);
  }

  /** Colours into a small image, then block by block (leaving the gaps) enlarged onto the canvas. */
  private blit(canvas: HTMLCanvasElement, { rows, columns }: PixelSize, colour: (pixel: number) => number): void {
    const layout = this.layoutNow;
    const target = canvas.getContext("2d");
    const source = this.scratch.getContext("2d");
    if (!layout || !target || !source) return;
    if (!this.pixels || this.pixels.width !== columns || this.pixels.height !== rows) {
      this.scratch.width = columns;
      this.scratch.height = rows;
      this.pixels = new ImageData(columns, rows);
      this.words = new Uint32Array(this.pixels.data.buffer);
    }
    const { words } = this;
    for (let i = 0; i < words.length; i += 1) words[i] = colour(i);
    source.putImageData(this.pixels, 0, 0);
    target.clearRect(0, 0, canvas.width, canvas.height);
    target.imageSmoothingEnabled = false;
    const scale = devicePixelRatio;
    const tall = ROWS_PER_BLOCK * layout.rowPx * scale;
    for (let block = 0; block < layout.layers; block += 1) {
      const y = (blockTop(layout, block) - layout.top) * scale;
      target.drawImage(this.scratch, 0, block * ROWS_PER_BLOCK, columns, ROWS_PER_BLOCK, 0, y, canvas.width, tall);
    }
  }
}
