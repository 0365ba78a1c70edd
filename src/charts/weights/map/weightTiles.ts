// Values and scores of a matrix, read tile by tile where the reader looks, and cached.
import type { WeightValues } from "./weightTip.ts";
import { tileSide } from "./weightView.ts";
import type { MatrixArea, WeightPlace } from "./weightView.ts";

/** Reads a part of the matrix; rejects where it cannot be read. */
type ReadArea = (area: MatrixArea) => Promise<WeightValues>;

/** Tiles that are cached; the oldest is dropped first. */
const CACHED_TILES = 64;

const READING = "reading…";

export class WeightTiles {
  private readonly tiles = new Map<string, WeightValues | string>();

  /** @param arrived called when a tile has been read, or cannot be */
  constructor(
    private readonly read: ReadArea,
    private readonly shape: readonly [number, number],
    private readonly group: number,
    private readonly arrived: () => void,
  ) {}

  /** The tile around a weight, or why it is not there yet. The first call starts reading it. */
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
    this.tiles.set(key, READING);
    const oldest = this.tiles.keys().next().value;
    if (this.tiles.size > CACHED_TILES && oldest !== undefined) this.tiles.delete(oldest);
    const [rows, cols] = [Math.min(side, this.shape[0] - top), Math.min(side, this.shape[1] - left)];
    this.read({ row: top, col: left, rows, cols }).then(set, () => set("could not be read"));
    return READING;
  }
}
