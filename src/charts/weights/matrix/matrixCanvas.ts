// The canvas of the matrix: cells as pictures that are made once, drawn under any view; lines and strokes where weights are large.
import type { Frame } from "../../lib/frame/frame.ts";
import { colourRamp, resolveColour } from "../../lib/frame/theme.ts";
import type { MapArea } from "../map/weightGeometry.ts";
import { gridLines } from "../map/weightGrid.ts";
import type { View } from "../map/weightView.ts";
import { areaInView, cellAt, type Cells } from "./cellView.ts";
import { type CellRamps, paintCells } from "./cellColours.ts";
import { classesOf, type MatrixData } from "./matrixData.ts";

/** From this many CSS pixels per weight on, lines separate weights, and a stroke crosses each removed one, so that hue alone does not tell them. */
const SINGLE_PX = 8;

export class MatrixCanvas {
  private readonly canvas: HTMLCanvasElement;
  private ramps: CellRamps = { kept: new Uint32Array(256), removed: new Uint32Array(256), classes: [] };
  private lines = { grid: "", removed: "" };
  private pixelRatio = 1;
  private area: MapArea = { top: 0, width: 0, height: 0, fit: 1 };
  private pictures = new WeakMap<Cells, HTMLCanvasElement>();

  constructor(private readonly frame: Frame) {
    this.canvas = frame.canvas("chart-weights");
  }

  /** Takes a new area, and the theme's colours for what `data` shows. */
  layout(area: MapArea, data: MatrixData, pixelRatio: number): void {
    const { plot } = this.frame;
    const colour = (property: string): [number, number, number] => resolveColour(plot, property);
    const ramp = (name: string): Uint32Array => colourRamp(colour(`${name}-low`), colour(`${name}-high`));
    const classes = data.keeps.length > 1 ? classesOf(data) : [];
    this.ramps = {
      kept: ramp("--chart-weight-kept"),
      removed: ramp("--chart-weight-removed"),
      classes: classes.map((one) => colourRamp(colour(one.colour), colour(one.colour))[0] ?? 0),
    };
    this.lines = {
      grid: `rgb(${colour("--chart-paper").join(",")})`,
      removed: `rgb(${colour("--chart-ink").join(",")})`,
    };
    this.pixelRatio = pixelRatio;
    this.area = area;
    const { top, width, height } = area;
    this.canvas.style.cssText = `left:0;top:${top}px;width:${width}px;height:${height}px`;
    this.canvas.width = Math.round(width * pixelRatio);
    this.canvas.height = Math.round(height * pixelRatio);
    this.pictures = new WeakMap();
  }

  /** Draws `layers` of cells one over the other as `view` (CSS pixels of the plot) shows them. */
  paint(data: MatrixData, layers: readonly Cells[], view: View): void {
    const target = this.canvas.getContext("2d");
    if (!target) return;
    const own = { ...view, y: view.y - this.area.top };
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.clearRect(0, 0, this.canvas.width, this.canvas.height);
    target.imageSmoothingEnabled = false;
    target.setTransform(this.pixelRatio, 0, 0, this.pixelRatio, 0, 0);
    for (const cells of layers) {
      const { area, step, rows, cols } = cells;
      const picture = this.pictureOf(data, cells);
      const [x, y] = [own.x + area.col * own.scale, own.y + area.row * own.scale];
      if (picture) target.drawImage(picture, x, y, cols * step * own.scale, rows * step * own.scale);
    }
    const finest = layers.at(-1);
    if (own.scale >= SINGLE_PX && finest?.step === 1) this.paintLines(target, { data, cells: finest, view: own });
  }

  /** The cells as a picture of one pixel each. */
  private pictureOf(data: MatrixData, cells: Cells): HTMLCanvasElement | null {
    const made = this.pictures.get(cells);
    if (made) return made;
    const picture = this.canvas.ownerDocument.createElement("canvas");
    picture.width = cells.cols;
    picture.height = cells.rows;
    const context = picture.getContext("2d");
    if (!context) return null;
    const image = new ImageData(cells.cols, cells.rows);
    paintCells(data, cells, this.ramps, new Uint32Array(image.data.buffer));
    context.putImageData(image, 0, 0);
    this.pictures.set(cells, picture);
    return picture;
  }

  private paintLines(
    target: CanvasRenderingContext2D,
    { data, cells, view }: { data: MatrixData; cells: Cells; view: View },
  ): void {
    const { width, height } = this.area;
    const stroke = (colour: string, lines: readonly { x1: number; y1: number; x2: number; y2: number }[]): void => {
      target.beginPath();
      for (const { x1, y1, x2, y2 } of lines) {
        target.moveTo(x1, y1);
        target.lineTo(x2, y2);
      }
      target.strokeStyle = colour;
      target.lineWidth = 1;
      target.stroke();
    };
    stroke(
      this.lines.grid,
      gridLines({ shape: data.shape, view, cell: { rows: 1, cols: 1 }, size: { width, height } }),
    );
    if (data.keeps.length === 1) stroke(this.lines.removed, this.crosses(data, cells, view));
  }

  /** A stroke across each removed weight in view, from its lower left to its upper right. */
  private crosses({ shape }: MatrixData, cells: Cells, view: View) {
    const { row, col, rows, cols } = areaInView(shape, view, { ...this.area, top: 0 });
    const { scale, x, y } = view;
    const inset = scale / 4;
    return Array.from({ length: rows * cols }, (_, i) => {
      const at = { row: row + Math.floor(i / cols), col: col + (i % cols) };
      if (cellAt(cells, at)?.counts[0] !== 1) return [];
      const [left, top] = [x + at.col * scale, y + at.row * scale];
      return [{ x1: left + inset, y1: top + scale - inset, x2: left + scale - inset, y2: top + inset }];
    }).flat();
  }
}
