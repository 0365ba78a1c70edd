// Values and scores of a matrix, asked for tile by tile where the reader looks, and kept.
import type { WeightValues } from "./weightTip.ts";
import { tileSide } from "./weightView.ts";
import type { WeightPlace } from "./weightView.ts";

/** Where a part of the matrix comes from; rejects where it cannot be read. */
export type ReadWindow = (row: number, col: number, rows: number, cols: number) => Promise<WeightValues>;

/** Tiles that are kept; the oldest go first. */
const KEPT_TILES = 64;

export class WeightTiles {
  private readonly tiles = new Map<string, WeightValues | string>();

  /** @param arrived hears that a tile has come, or cannot */
  constructor(
    private readonly read: ReadWindow,
    private readonly shape: readonly [number, number],
    private readonly group: number,
    private readonly arrived: () => void,
  ) {}

  /** The tile around a weight, or a word on why it is not there; asks for it at the first call. */
  at({ row, col }: WeightPlace): WeightValues | string {
    const side = tileSide(this.group);
    const [top, left] = [row - (row % side), col - (col % side)];
    const key = `${top} ${left}`;
    const known = this.tiles.get(key);
    if (known !== undefined) return known;
    const set = (tile: WeightValues | string): void => {
      this.tiles.set(key, tile);
      this.arrived();
    };
    this.tiles.set(key, "reading…");
    const oldest = this.tiles.keys().next().value;
    if (this.tiles.size > KEPT_TILES && oldest !== undefined) this.tiles.delete(oldest);
    const [rows, cols] = [Math.min(side, this.shape[0] - top), Math.min(side, this.shape[1] - left)];
    this.read(top, left, rows, cols).then(set, () => set("could not be read"));
    return "reading…";
  }
}
