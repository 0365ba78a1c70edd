// The shapes of lib/matrices.wgsl: tiles of a matrix product that the subgroups of a workgroup multiply on the adapter's matrix unit.
import matrices from "../../../../shaders/lib/matrices.wgsl?raw";
import tileLoads from "../../../../shaders/lib/tile_loads.wgsl?raw";
import { invariant } from "../../errors.ts";
import type { AdapterFacts } from "../../gpu/device.ts";
import type { MatrixUnit } from "../../gpu/matrixUnits.ts";
import type { MatrixDtype } from "../../dtype.ts";
import type { MatmulVariant, MatrixVariant } from "../../matmul/matmulVariants.ts";

interface MatrixShape {
  /** Rows and columns of the tile. */
  size: number;
  /** Invocations of a workgroup, at most. */
  invocations: number;
  /** Steps of the sum per round. */
  round: number;
}

const SMALL: MatrixShape = { size: 64, invocations: 128, round: 32 };
const LARGE: MatrixShape = { size: 128, invocations: 256, round: 16 };
const SHAPES: Readonly<Record<MatrixVariant, MatrixShape>> = {
  matrices64: SMALL,
  matrices128: LARGE,
  matricesk: SMALL,
};
export const MATRIX_VARIANTS = Object.keys(SHAPES) as MatrixVariant[];
export const isMatrix = (variant: MatmulVariant): variant is MatrixVariant => variant in SHAPES;

/** What is known of the factors. */
interface Factors {
  /** The right factor is halves that were unpacked, so one part holds it. */
  exactRight?: boolean;
}

/** A kernel's shape on an adapter. Parts: the halves whose sum is a value of a factor, or the value itself. */
interface Layout {
  unit: MatrixUnit;
  /** Most invocations of a subgroup. */
  lanes: number;
  /** Subgroups along the rows and along the columns of the tile. */
  down: number;
  across: number;
  leftParts: 1 | 2;
  rightParts: 1 | 2;
}

function layoutOf(
  { matrixUnit: unit, subgroupMax: lanes }: AdapterFacts,
  variant: MatrixVariant,
  factors: Factors,
): Layout {
  invariant(unit, "bug", `${variant}: expected an adapter with a matrix unit, got one without`);
  const { size, invocations } = SHAPES[variant];
  let [down, across] = [1, 1];
  while (2 * down * across * lanes <= invocations) {
    if (across <= down && unit.columns * 2 * across <= size) across *= 2;
    else if (unit.rows * 2 * down <= size) down *= 2;
    else break;
  }
  const leftParts = unit.component === "f16" ? 2 : 1;
  return { unit, lanes, down, across, leftParts, rightParts: factors.exactRight ? 1 : leftParts };
}

/** What comes first in the kernels. Uniformity cannot be proved for the number of a subgroup, which is the same for all its invocations. */
const firstText = ({ unit: { component } }: Layout): string =>
  [
    ...(component === "f16" ? ["enable f16;"] : []),
    "enable subgroups;",
    "enable chromium_experimental_subgroup_matrix;",
    "diagnostic(off, subgroup_uniformity);",
    "diagnostic(off, chromium.subgroup_matrix_uniformity);",
  ].join("\n");

/** The text of a kernel from the first line: `code`, and lib/matrices.wgsl before its last text, the op's file. */
export function matrixCode(
  facts: AdapterFacts,
  variant: MatrixVariant,
  code: readonly string[],
  factors: Factors = {},
): string[] {
  const layout = layoutOf(facts, variant, factors);
  const { unit, lanes, down, across, leftParts, rightParts } = layout;
  const { size, round } = SHAPES[variant];
  const constants = [
    `const MATRIX_ROWS = ${unit.rows}u;`,
    `const MATRIX_COLUMNS = ${unit.columns}u;`,
    `const MATRIX_STEPS = ${unit.steps}u;`,
    `alias Component = ${unit.component};`,
    `const LEFT_PARTS = ${leftParts}u;`,
    `const RIGHT_PARTS = ${rightParts}u;`,
    `const MOST_LANES = ${lanes}u;`,
    `const TEAMS_DOWN = ${down}u;`,
    `const TEAMS_ACROSS = ${across}u;`,
    `const ROW_GROUPS = ${size / 4}u;`,
    `const COLUMN_GROUPS = ${size / 4}u;`,
    `const ROUND = ${round}u;`,
  ];
  return [firstText(layout), ...code.slice(0, -1), ...constants, matrices, tileLoads, ...code.slice(-1)];
}

/** The largest values of two rounds of both factors. */
const LARGEST_BYTES = 16;

/** Workgroup memory that a variant takes on this adapter, in bytes, when both factors are f32, which take the most. Infinite without a matrix unit. */
export function matrixBytes(facts: AdapterFacts, variant: MatrixVariant): number {
  if (!facts.matrixUnit) return Infinity;
  const { unit, down, across, leftParts, rightParts } = layoutOf(facts, variant, {});
  const { size, round } = SHAPES[variant];
  const element = unit.component === "f16" ? 8 : 16;
  const tiles = element * round * (size / 4 + 2) * (leftParts + rightParts);
  return tiles + 4 * down * across * unit.rows * unit.columns + LARGEST_BYTES;
}

/**
 * One value per adapter's unit, way to store the right factor and shape, made when it is first needed: a kernel spec is the key of the
 * pipeline cache.
 */
export function perMatrixUnit<T>(
  make: (facts: AdapterFacts, precision: MatrixDtype, variant: MatrixVariant) => T,
): typeof make {
  const made = new Map<string, T>();
  return (facts, precision, variant) => {
    const key = JSON.stringify([facts.matrixUnit, facts.subgroupMax, precision, SHAPES[variant]]);
    const found = made.get(key) ?? make(facts, precision, variant);
    made.set(key, found);
    return found;
  };
}
