// Least squares on logarithms: how one quantity grows with another.

interface Point {
  x: number;
  y: number;
}

/**
 * The exponent b of the best y = a x^b, by least squares on the logarithms. NaN for fewer than two different x, or for a value that is not
 * positive.
 */
export function logLogSlope(points: readonly Point[]): number {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (of: "x" | "y"): number => logs.reduce((sum, point) => sum + point[of], 0) / logs.length;
  const [meanX, meanY] = [mean("x"), mean("y")];
  const sum = (of: (point: Point) => number): number => logs.reduce((total, point) => total + of(point), 0);
  const varied = sum(({ x }) => (x - meanX) ** 2);
  return varied > 0 ? sum(({ x, y }) => (x - meanX) * (y - meanY)) / varied : NaN;
}
