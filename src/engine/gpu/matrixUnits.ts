// Matrix units of graphics cards (tensor cores, XMX, SIMD-group matrices), which WebGPU offers as subgroup matrices: still an experiment of
// Chrome's Dawn, so nothing may require them.

/** Products of small matrices that the invocations of a subgroup compute together, with sums in f32. */
export interface MatrixUnit {
  /** What is multiplied: halves, or f32. */
  readonly component: "f16" | "f32";
  /** It multiplies rows x steps by steps x columns. */
  readonly rows: number;
  readonly columns: number;
  readonly steps: number;
}

/** The feature; not in the types of WebGPU yet. */
export const SUBGROUP_MATRICES = "chromium-experimental-subgroup-matrix";

/** What Dawn says of an adapter with the feature. */
interface SubgroupMatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}
declare global {
  interface GPUAdapterInfo {
    readonly subgroupMatrixConfigs?: Iterable<SubgroupMatrixConfig>;
  }
}

/** Sizes that divide the tiles and rounds of the kernels (ops/kit/matrixTiles.ts). */
const SIZES: readonly number[] = [8, 16, 32];
const STEPS: readonly number[] = [4, 8, 16];

/** The unit that the kernels use: f32 before halves, then the largest. undefined without one that fits them and what the device can compute with. */
export function matrixUnitOf(
  { subgroupMatrixConfigs = [] }: GPUAdapterInfo,
  shaderF16: boolean,
): MatrixUnit | undefined {
  const work = ({ rows, columns, steps }: MatrixUnit): number => rows * columns * steps;
  return [...subgroupMatrixConfigs]
    .flatMap(({ componentType: component, resultComponentType, M: rows, N: columns, K: steps }): MatrixUnit[] => {
      const fits = SIZES.includes(rows) && SIZES.includes(columns) && STEPS.includes(steps);
      if (!fits || resultComponentType !== "f32") return [];
      return component === "f32" || (component === "f16" && shaderF16) ? [{ component, rows, columns, steps }] : [];
    })
    .sort((a, b) => b.component.localeCompare(a.component) || work(b) - work(a))[0];
}
