// The canvas of the weight map: kept shares as pixels, and from eight pixels a weight on the gaps between weights and groups.
import type { Frame } from "../../lib/frame.ts";
import { colourRamp, resolveColour } from "../../lib/theme.ts";
import { FULL, keptLevels, OUTSIDE } from "./weightView.ts";
import type { View, MatrixMask } from "./weightView.ts";

/** From so many CSS pixels a weight on, single weights and groups are told apart by lines. */
const SINGLE_PX = 8;

export class WeightCanvas {
  private readonly canvas: HTMLCanvasElement;
  private readonly ramp = new Uint32Array(256);
  private lines = { weight: "", group: "" };
  private size = { width: 0, height: 0 };
  private image: ImageData | null = null;
  private levels = new Uint8Array(0);

  constructor(private readonly frame: Frame) {
    this.canvas = frame.canvas("chart-weights");
  }

  /** Takes a new place (CSS pixels of the plot) and the theme's colours. */
  layout(top: number, width: number, height: number): void {
    const { plot } = this.frame;
    const css = (property: string): string => `rgb(${resolveColour(plot, property).join(",")})`;
    this.ramp.set(colourRamp(resolveColour(plot, "--chart-pruned"), resolveColour(plot, "--chart-kept")));
    // levels go to FULL, and the last one is what is beside the matrix
    this.ramp[FULL] = this.ramp[OUTSIDE] as number;
    this.ramp[OUTSIDE] = 0;
    this.lines = { weight: css("--chart-paper"), group: css("--chart-flash") };
    this.size = { width, height };
    this.canvas.style.cssText = `left:0;top:${top}px;width:${width}px;height:${height}px`;
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    this.image = new ImageData(this.canvas.width, this.canvas.height);
    this.levels = new Uint8Array(this.canvas.width * this.canvas.height);
  }

  /** Draws `mask` as `view` (CSS pixels) shows it, with borders around groups of `group.cols` x `group.rows` weights. */
  paint(mask: MatrixMask, view: View, group: { rows: number; cols: number }): void {
    const target = this.canvas.getContext("2d");
    if (!target || !this.image) return;
    const dpr = devicePixelRatio;
    const { width, height } = this.image;
    keptLevels(mask, { scale: view.scale * dpr, x: view.x * dpr, y: view.y * dpr }, width, height, this.levels);
    const words = new Uint32Array(this.image.data.buffer);
    for (let i = 0; i < words.length; i += 1) words[i] = this.ramp[this.levels[i] as number] as number;
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.putImageData(this.image, 0, 0);
    if (view.scale < SINGLE_PX) return;
    target.setTransform(dpr, 0, 0, dpr, 0, 0);
    this.grid(target, mask.shape, view, { rows: 1, cols: 1 }, this.lines.weight);
    if (group.rows * group.cols > 1) this.grid(target, mask.shape, view, group, this.lines.group);
  }

  /** Lines between cells of `cell` weights, where they are on the screen. */
  private grid(
    target: CanvasRenderingContext2D,
    [rows, cols]: readonly [number, number],
    { scale, x, y }: View,
    cell: { rows: number; cols: number },
    colour: string,
  ): void {
    const { width, height } = this.size;
    const first = (offset: number, step: number): number => Math.max(0, Math.floor(-offset / scale / step) * step);
    const [right, bottom] = [Math.min(width, x + cols * scale), Math.min(height, y + rows * scale)];
    const [left, top] = [Math.max(0, x), Math.max(0, y)];
    target.beginPath();
    for (let col = first(x, cell.cols); col <= cols && x + col * scale <= width; col += cell.cols) {
      target.moveTo(Math.round(x + col * scale), top);
      target.lineTo(Math.round(x + col * scale), bottom);
    }
    for (let row = first(y, cell.rows); row <= rows && y + row * scale <= height; row += cell.rows) {
      target.moveTo(left, Math.round(y + row * scale));
      target.lineTo(right, Math.round(y + row * scale));
    }
    target.strokeStyle = colour;
    target.lineWidth = 1;
    target.stroke();
  }
}
