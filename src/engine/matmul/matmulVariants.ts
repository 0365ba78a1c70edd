// The kernels for frozen matrices, and which of them an adapter takes before any is measured.

/**
 * Kernels for frozen matrices. quad: four invocations share loads (software adapters). registers: 16 x 16 tiles without barriers (other
 * software adapters). The others go through workgroup memory, for graphics cards: tiled, 64 x 64 tiles with 4 x 4 per invocation;
 * blocks<rows>x<columns>, tiles with 8 x 8 per invocation, and buffered<size>, the same with one barrier per round; split, 32 x 32 tiles
 * whose sum is divided within a workgroup; splitk, 64 x 128 tiles whose sum is divided among workgroups. halves<size>: blocks<size> with
 * weights in f16 as halves in workgroup memory too. matrices<size>: square tiles on the adapter's matrix units;
 * matricesk: the smaller of them, with a sum that is divided among workgroups.
 */
export type MatmulVariant =
  "quad" | "registers" | "tiled" | "split" | "splitk" | BlockVariant | HalfVariant | MatrixVariant;
/** Tiles of kit/blockTiles.ts. */
export type BlockVariant = "blocks64" | "blocks64x128" | "buffered64x128" | "blocks128x64" | "blocks128";
/** For weights in f16 on adapters with shader-f16; weights in f32 take the blocks of the same size. */
export type HalfVariant = "halves64" | "halves128";
/** Tiles of kit/matrixTiles.ts, for adapters with subgroup matrices. */
export type MatrixVariant = "matrices64" | "matrices128" | "matricesk";
/** A kernel for every shape, or "sized": by the size of the result. */
export type MatmulChoice = MatmulVariant | "sized";

/** The choice for a kind of adapter, without measuring. quads: its subgroups have exactly four invocations. */
export const usualMatmul = ({ quads, software }: { quads: boolean; software: boolean }): MatmulChoice =>
  quads ? "quad" : software ? "registers" : "sized";
