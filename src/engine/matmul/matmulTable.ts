// Which matmul kernel runs for which shape, as plain data that depends on shapes only, so that a run can be repeated bit for bit.
import { BLOCK_DTYPES, type MatrixDtype } from "../dtype.ts";
import type { JsonField } from "../json/jsonFields.ts";

/** Raise this when a kernel, its results or the classes change: tables of another version are measured again. */
export const MATMUL_KERNELS = 4;

/** A matmul with a frozen weight (n, k): forward, (rows, k) to (rows, n), or the gradient of its input, (rows, n) to (rows, k). */
export interface MatmulShape {
  direction: "forward" | "inputGradient";
  /** How the weight is stored. */
  precision: MatrixDtype;
  rows: number;
  /** Out features. */
  n: number;
  /** In features. */
  k: number;
}

/**
 * The chosen kernels. Their names are plain text, because a file of another version may name a kernel that this one lacks;
 * ops/kit/matmulChoice.ts knows the names.
 */
export interface MatmulTable {
  /** MATMUL_KERNELS of the version that made the table. */
  kernels: number;
  /** For shapes that no class is near to. */
  default: string;
  /** By class, see `shapeClass`. */
  classes: Readonly<Record<string, string>>;
}

/** Wider matrices count as this wide: they have so many tiles that more do not change which kernel is fastest. */
export const WIDEST = 16_384;

/** Rows by class: the next power of two. */
export const rowsClass = (rows: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, rows)));

/** The class of a shape as a table names it, such as "forward f32 128 960x576": direction, precision, class of the rows, n x k. */
export const shapeClass = ({ direction, precision, rows, n, k }: MatmulShape): string =>
  `${direction} ${precision} ${rowsClass(rows)} ${Math.min(n, WIDEST)}x${Math.min(k, WIDEST)}`;

/** How far another class may be, as a binary logarithm: its rows by a factor of 2, and each width by a factor of 4. */
const REACH = { rows: 1, width: 2 };

/**
 * The kernel that a table names for a shape: that of its class; otherwise that of the nearest class with the same direction and precision;
 * otherwise the default. Of equally near classes the first in alphabetical order counts.
 */
export function kernelInTable(table: MatmulTable, shape: MatmulShape): string {
  const own = shapeClass(shape);
  if (Object.hasOwn(table.classes, own)) return table.classes[own] ?? table.default;
  const wanted = parsed(own);
  let nearest = { name: table.default, distance: Infinity };
  for (const key of Object.keys(table.classes).sort()) {
    const distance = distanceOf(wanted, parsed(key));
    if (distance < nearest.distance) nearest = { name: table.classes[key] ?? table.default, distance };
  }
  return nearest.name;
}

interface ParsedClass {
  kind: string;
  sizes: readonly [rows: number, n: number, k: number];
}

const CLASS = new RegExp(`^((?:forward|inputGradient) (?:f32|f16|${BLOCK_DTYPES.join("|")})) (\\d+) (\\d+)x(\\d+)$`);

function parsed(key: string): ParsedClass | undefined {
  const [, kind, ...sizes] = CLASS.exec(key) ?? [];
  const [rows = 0, n = 0, k = 0] = sizes.map(Number);
  return kind !== undefined && Math.min(rows, n, k) >= 1 ? { kind, sizes: [rows, n, k] } : undefined;
}

/** The sum of the logarithms; infinite where one is out of reach or the kind differs. */
function distanceOf(a: ParsedClass | undefined, b: ParsedClass | undefined): number {
  if (!a || !b || a.kind !== b.kind) return Infinity;
  return a.sizes.reduce((sum, size, i) => {
    const distance = Math.abs(Math.log2(size / (b.sizes[i] ?? 1)));
    return distance > (i === 0 ? REACH.rows : REACH.width) ? Infinity : sum + distance;
  }, 0);
}

/** Reads a table. Throws "format" naming the field that is missing or of the wrong kind. */
export function readMatmulTable(field: JsonField): MatmulTable {
  const classes = field
    .get("classes")
    .entries()
    .map(([key, kernel]) => {
      if (!parsed(key)) kernel.refuse(`a class of shapes such as "forward f32 128 960x576" as the name of this field`);
      return [key, kernel.text()] as const;
    });
  return {
    kernels: field.get("kernels").number({ min: 1, whole: true }),
    default: field.get("default").text(),
    classes: Object.fromEntries(classes),
  };
}

/** The table in a few words: the kernel for everything, or how many shapes have one of their own. */
export function matmulText(table: MatmulTable): string {
  const kernels = Object.values(table.classes);
  if (kernels.length === 0) return table.default;
  const variants = new Set(kernels).size;
  return `tuned, ${kernels.length} shapes (${variants} ${variants === 1 ? "kernel" : "kernels"})`;
}
