// Inputs and outputs of the matmuls that are timed: views of a few buffers, filled with numbers that no hardware treats specially.
import type { Ctx } from "../../ctx.ts";
import type { MatmulShape } from "../../matmul/matmulTable.ts";
import { elementBytes, sizeOf, type Tensor, view } from "../../tensor.ts";
import { linearBackward, linearForward } from "../linear.ts";

/** Bytes of the largest operand of a shape. */
export const largestBytes = ({ rows, n, k, precision }: MatmulShape): number =>
  Math.max(n * k * elementBytes(precision), 4 * rows * Math.max(n, k));

/** Values of a result that are compared. */
const COMPARED = 65_536;

/** Bytes of noise that the operands repeat. */
const NOISE_BYTES = 1024 * 1024;

/** The operands of all shapes, as views of buffers that have room for the largest. */
export class Operands {
  private readonly left: Tensor;
  private readonly weights = new Map<MatmulShape["precision"], Tensor>();
  private readonly output: Tensor;

  constructor(
    private readonly ctx: Ctx,
    shapes: readonly MatmulShape[],
  ) {
    const most = (of: (shape: MatmulShape) => number, among = shapes): number => Math.max(4, ...among.map(of));
    const room = most(({ rows, n, k }) => rows * Math.max(n, k));
    this.left = ctx.persistent("tune x", [room]);
    this.output = ctx.persistent("tune y", [room]);
    fill(ctx, this.left);
    for (const dtype of new Set(shapes.map(({ precision }) => precision))) {
      const own = shapes.filter(({ precision }) => precision === dtype);
      const weight = ctx.persistent("tune weight", [most(({ n, k }) => n * k, own)], { dtype });
      fill(ctx, weight);
      this.weights.set(dtype, weight);
    }
  }

  /** Dispatches the matmul of a shape, for use in a step. */
  of({ direction, precision, rows, n, k }: MatmulShape): () => void {
    const { ctx, left, output } = this;
    const all = this.weights.get(precision) ?? left;
    const weight = view(all, 0, [n, k]);
    if (direction === "forward") {
      const [x, y] = [view(left, 0, [rows, k]), view(output, 0, [rows, n])];
      return () => linearForward(ctx, { x, weight, bias: undefined, y });
    }
    const [dy, dx] = [view(left, 0, [rows, n]), view(output, 0, [rows, k])];
    return () => linearBackward(ctx, dy, weight, dx);
  }

  /** The beginning of the result of a shape, computed anew with the kernel that ctx.matmul names. */
  async result({ direction, rows, n, k, ...rest }: MatmulShape): Promise<Float32Array> {
    const { ctx } = this;
    const count = Math.min(COMPARED, rows * (direction === "forward" ? n : k));
    const part = view(this.output, 0, [count]);
    ctx.write(part, new Float32Array(count));
    ctx.step(this.of({ direction, rows, n, k, ...rest }));
    return ctx.read(part);
  }

  free(): void {
    this.ctx.free(this.left, this.output, ...this.weights.values());
  }
}

/** Fills a tensor with numbers between 0.5 and 2 in size, of both signs: some hardware multiplies zeros faster. In blocks, the scales are. */
function fill(ctx: Ctx, tensor: Tensor): void {
  const full = tensor.dtype === "f32";
  const words = new Uint32Array(NOISE_BYTES / 4);
  let state = 1;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = full ? (state & 0x80ff_ffff) | 0x3f00_0000 : (state & 0x87ff_87ff) | 0x3800_3800;
  }
  const each = full ? NOISE_BYTES / 4 : NOISE_BYTES / 2;
  const all = sizeOf(tensor.shape);
  for (let at = 0; at < all; at += each) {
    const count = Math.min(each, all - at);
    const part = view(tensor, at, [count]);
    ctx.write(part, words.subarray(0, Math.ceil((count * elementBytes(tensor.dtype)) / 4)));
  }
}
