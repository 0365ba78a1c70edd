// The canvas of the weight map: kept shares as pixels, and lines between weights and groups where they are large enough.
import type { Frame } from "../../lib/frame/frame.ts";
import { colourRamp, resolveColour } from "../../lib/frame/theme.ts";
import type { MapArea } from "./weightGeometry.ts";
import { gridLines } from "./weightGrid.ts";
import { FULL, keptLevels, OUTSIDE } from "./weightView.ts";
import type { MatrixMask, View } from "./weightView.ts";

/** From this many CSS pixels per weight on, lines separate single weights and groups. */
const SINGLE_PX = 8;

export class WeightCanvas {
  private readonly canvas: HTMLCanvasElement;
  private readonly ramp = new Uint32Array(256);
  private lines = { weight: "", group: "" };
  private size = { width: 0, height: 0 };
  private pixelRatio = 1;
  private image: ImageData | null = null;
  private levels = new Uint8Array(0);

  constructor(private readonly frame: Frame) {
    this.canvas = frame.canvas("chart-weights");
  }

  /** Takes a new area (CSS pixels of the plot) and the theme's colours. */
  layout({ top, width, height }: MapArea, pixelRatio: number): void {
    const { plot } = this.frame;
    const css = (property: string): string => `rgb(${resolveColour(plot, property).join(",")})`;
    this.ramp.set(colourRamp(resolveColour(plot, "--chart-pruned"), resolveColour(plot, "--chart-kept")));
    // levels go up to FULL; OUTSIDE, the level after it, is transparent
    this.ramp[FULL] = this.ramp[OUTSIDE] as number;
    this.ramp[OUTSIDE] = 0;
    this.lines = { weight: css("--chart-paper"), group: css("--chart-flash") };
    this.size = { width, height };
    this.pixelRatio = pixelRatio;
    this.canvas.style.cssText = `left:0;top:${top}px;width:${width}px;height:${height}px`;
    this.canvas.width = Math.round(width * pixelRatio);
    this.canvas.height = Math.round(height * pixelRatio);
    this.image = null;
    this.levels = new Uint8Array(this.canvas.width * this.canvas.height);
  }

  /** Draws `mask` as `view` (CSS pixels of the canvas) shows it, with lines around groups of `group.cols` x `group.rows` weights. */
  paint(mask: MatrixMask, view: View, group: { rows: number; cols: number }): void {
    const target = this.canvas.getContext("2d");
    if (!target) return;
    const ratio = this.pixelRatio;
    const image = (this.image ??= new ImageData(this.canvas.width, this.canvas.height));
    keptLevels(mask, { scale: view.scale * ratio, x: view.x * ratio, y: view.y * ratio }, image, this.levels);
    const words = new Uint32Array(image.data.buffer);
    for (let i = 0; i < words.length; i += 1) words[i] = this.ramp[this.levels[i] as number] as number;
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.putImageData(image, 0, 0);
    if (view.scale < SINGLE_PX) return;
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    const strokes = [{ cell: { rows: 1, cols: 1 }, colour: this.lines.weight }];
    if (group.rows * group.cols > 1) strokes.push({ cell: group, colour: this.lines.group });
    for (const { cell, colour } of strokes) {
      target.beginPath();
      for (const { x1, y1, x2, y2 } of gridLines({ shape: mask.shape, view, cell, size: this.size })) {
        target.moveTo(x1, y1);
        target.lineTo(x2, y2);
      }
      target.strokeStyle = colour;
      target.lineWidth = 1;
      target.stroke();
    }
  }
}
