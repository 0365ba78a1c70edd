// The shapes of lib/blocks.wgsl: tiles of a matrix product with 8 x 8 results per invocation.
import blocks from "../../../../shaders/lib/blocks.wgsl?raw";
import tileLoads from "../../../../shaders/lib/tile_loads.wgsl?raw";
import type { BlockVariant, HalfVariant } from "../../matmul/matmulVariants.ts";

interface BlockShape {
  /** Invocations along the rows and along the columns of the tile: it has 8 times as many of both. */
  down: number;
  across: number;
  /** Steps of the sum per round. */
  round: number;
  /** Buffers in workgroup memory; with two, a round takes one barrier in place of two. */
  buffers: 1 | 2;
}

/** Tiles with 8 x 8 results per invocation, by variant. */
export const BLOCK_SHAPES: Readonly<Record<BlockVariant, BlockShape>> = {
  blocks64: { down: 8, across: 8, round: 16, buffers: 1 },
  blocks64x128: { down: 8, across: 16, round: 16, buffers: 1 },
  buffered64x128: { down: 8, across: 16, round: 16, buffers: 2 },
  blocks128x64: { down: 16, across: 8, round: 16, buffers: 1 },
  blocks128: { down: 16, across: 16, round: 16, buffers: 1 },
};
export const BLOCK_VARIANTS = Object.keys(BLOCK_SHAPES) as BlockVariant[];

/** The tiles whose right factor is halves, by variant. */
export const HALF_SHAPES: Readonly<Record<HalfVariant, BlockVariant>> = {
  halves64: "blocks64",
  halves128: "blocks128",
};
export const HALF_VARIANTS = Object.keys(HALF_SHAPES) as HalfVariant[];

/** One value per tile shape. */
export const forBlocks = <T>(make: (variant: BlockVariant) => T): Record<BlockVariant, T> => ({
  blocks64: make("blocks64"),
  blocks64x128: make("blocks64x128"),
  buffered64x128: make("buffered64x128"),
  blocks128x64: make("blocks128x64"),
  blocks128: make("blocks128"),
});

/** The shape that splitk divides into slices. */
export const SLICED_SHAPE: BlockVariant = "blocks64x128";

/** lib/blocks.wgsl and lib/tile_loads.wgsl for one shape. right: vec4h for a right factor of halves. */
export const blockText = ({ down, across, round, buffers }: BlockShape, right: "vec4f" | "vec4h" = "vec4f"): string =>
  [
    `const DOWN = ${down}u;`,
    `const ACROSS = ${across}u;`,
    `const ROUND = ${round}u;`,
    `const BUFFERS = ${buffers}u;`,
    `alias RightValue = ${right};`,
    blocks,
    tileLoads,
  ].join("\n");

/** Bytes of workgroup memory of a shape: a vec4 per step and group of four rows or columns, and one of padding for each factor. */
export const workgroupBytes = ({ down, across, round, buffers }: BlockShape): number =>
  16 * buffers * round * (2 * down + 1 + 2 * across + 1);
