// The logits of a head, a few rows at a time, in buffers that all chunks share. Losses work on them so, because (T, V) would not fit.
import type { Ctx } from "../../ctx.ts";
import { logitRows } from "../../logitsSize.ts";
import { matrixOf, type Tensor, view } from "../../tensor.ts";
import { heightOf, placed, type PlacedPart, type RowParts } from "./rowParts.ts";
import type { Launcher } from "./variants.ts";

/** Makes logits: y = x weight^T + bias. weight: (V, d) in parts, bias: (V); both frozen. */
export interface Head {
  weight: RowParts;
  bias?: Tensor;
  /** Softcap: y becomes cap tanh(y / cap) (Gemma 2). */
  cap?: number;
}

/** A model as a loss sees it: the input of its head, (T, d), and its head. */
export interface HeadOf {
  x: Tensor;
  head: Head;
}

/** A part of a head, and the logits of some rows that it makes. */
interface LogitPiece extends PlacedPart {
  y: Tensor;
}

/** Rows `first` to `first + count` of all T. */
interface RowRange {
  first: number;
  count: number;
}

export const rowsIn = (of: Tensor, { first, count }: RowRange): Tensor => {
  const { cols } = matrixOf(of);
  return view(of, first * cols, [count, cols]);
};

/** Rows per chunk: the logits of all models, whose vocabulary is the same, fit into `bytes`, and those of each part into one buffer. */
export function rowsPerChunk(ctx: Ctx, models: readonly [HeadOf, ...HeadOf[]], bytes: number): number {
  const [{ x, head }] = models;
  const vocab = heightOf(head.weight);
  const widest = Math.max(...models.flatMap((model) => placed(model.head.weight)).map(({ rows }) => rows));
  // Chunks are views of every model's hidden states: the width with the smallest power of two decides where they may start.
  const width = Math.min(...models.map((model) => matrixOf(model.x).cols & -matrixOf(model.x).cols));
  return logitRows(
    { tokens: matrixOf(x).rows, vocab, width },
    Math.min(bytes / models.length, (ctx.buffers.limitBytes * vocab) / widest),
  );
}

/** Room for the logits of `rows` rows. */
export const logitsRoom = (ctx: Ctx, { weight }: Head, rows: number): LogitPiece[] =>
  placed(weight).map((part) => ({ ...part, y: ctx.empty([rows, part.rows], "logits") }));

/** The logits of a chunk: `range` of all rows, in pieces. */
export interface LogitChunk {
  /** What the kernel counts: all rows, or all ids of a next-token loss. */
  rows: number;
  range: RowRange;
  pieces: readonly LogitPiece[];
  /** The head's softcap. */
  cap: number | undefined;
}

/** The place in `room` of the head's logits of `range`, which is not longer than the room. */
export const chunkIn = (room: readonly LogitPiece[], rows: number, range: RowRange, { cap }: Head): LogitChunk => ({
  rows,
  range,
  cap,
  pieces: room.map((piece) => ({ ...piece, y: view(piece.y, 0, [range.count, piece.rows]) })),
});

/** The pieces of a chunk whose logits have become their gradients, as linearPartsBackward takes them. */
export const gradientPieces = ({ pieces }: LogitChunk): { part: Tensor; dy: Tensor }[] =>
  pieces.map(({ part, y }) => ({ part, dy: y }));

/**
 * Runs a row kernel on each piece of a chunk. `argsOf`: its bindings for a piece. Its uniform says which rows and columns of all logits they
 * are: rows, cols, first, count, column; and what the slope of their softcap needs, inverse_cap.
 */
export function runOnPieces(
  ctx: Ctx,
  kernel: Launcher,
  { rows, range, pieces, cap }: LogitChunk,
  argsOf: (logits: Tensor, piece: number) => readonly Tensor[],
): void {
  for (const [i, { first: column, rows: width, y }] of pieces.entries()) {
    const { spec, groups, cols } = kernel(ctx, range.count, width);
    ctx.run(spec, argsOf(y, i), { rows, cols, ...range, column, inverse_cap: cap === undefined ? 0 : 1 / cap }, groups);
  }
}
