// Path data of series, with coordinates to a tenth of a pixel.

type Place = (i: number) => readonly [number, number];

const tenth = (v: number): number => Math.round(v * 10) / 10;

/** A polyline through the given entries, broken where a place is not finite. */
export function linePath(indices: readonly number[], place: Place): string {
  let path = "";
  let command = "M";
  for (const i of indices) {
    const [x, y] = place(i);
    if (!Number.isFinite(y)) {
      command = "M";
      continue;
    }
    path += `${command}${tenth(x)},${tenth(y)}`;
    command = "L";
  }
  return path;
}

/** A dot at each of the given entries: segments of no length, drawn by round line caps. */
export function dotPath(indices: readonly number[], place: Place): string {
  let path = "";
  for (const i of indices) {
    const [x, y] = place(i);
    if (Number.isFinite(y)) path += `M${tenth(x)},${tenth(y)}h0`;
  }
  return path;
}
