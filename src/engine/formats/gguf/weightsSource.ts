// Presents the tensors of a GGUF file as a virtual model.safetensors, dequantising the blocks that each read needs.
import { type BlockDtype, dtypeBytes, fromFloat32, isBlockDtype } from "../../dtype.ts";
import { invariant } from "../../errors.ts";
import { type BlockTensors, type ByteSource, checkRange } from "../files/folder.ts";
import { safetensorsLayout, SINGLE_FILE } from "../safetensors/safetensors.ts";
import { DEQUANTIZE } from "./dequantize.ts";
import type { TensorView } from "./tensorViews.ts";

/** Bytes of the file per read: what is in memory besides the returned bytes. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** A file of `views`. Only the last row is cached, because the next read may need the rest of it. */
export function weightsSource(source: ByteSource, views: readonly TensorView[]): ByteSource {
  const { header, tensors, sizeBytes } = safetensorsLayout(views, { format: "pt" });
  const byName = new Map(views.map((view) => [view.name, new TensorRows(source, view)]));
  const file: ByteSource = {
    name: SINGLE_FILE,
    size: sizeBytes,
    read: async (offset, length) => {
      checkRange(file, offset, length);
      const out = new Uint8Array(length);
      out.set(header.subarray(Math.min(offset, header.length), Math.min(offset + length, header.length)));
      for (const { name, begin, end } of tensors) {
        const from = Math.max(begin, offset);
        const to = Math.min(end, offset + length);
        if (from < to) await byName.get(name)?.fill(out.subarray(from - offset, to - offset), from - begin);
      }
      return out;
    },
  };
  return file;
}

/** The quantised matrices among `views`, as they are stored. */
export function storedBlocks(source: ByteSource, views: readonly TensorView[]): BlockTensors {
  const byName = new Map(views.map((view) => [view.name, view]));
  const dtypeOf = (name: string): BlockDtype | undefined => {
    const { tensor, shape, shift } = byName.get(name) ?? {};
    return tensor && isBlockDtype(tensor.type.name) && shape?.length === 2 && shift === 0
      ? tensor.type.name
      : undefined;
  };
  return {
    dtypeOf,
    readRows: async (name, first, count) => {
      const view = byName.get(name);
      invariant(view && dtypeOf(name), "bug", `tensor '${name}': expected a quantised matrix`);
      return new TensorRows(source, view).stored(first, count);
    },
  };
}

/** The values of one tensor, as float32 rows in the order of transformers. */
export async function readView(source: ByteSource, view: TensorView): Promise<Float32Array<ArrayBuffer>> {
  const values = new Uint8Array(view.shape.reduce((product, n) => product * n, 4));
  await new TensorRows(source, { ...view, dtype: "F32" }).fill(values, 0);
  return new Float32Array(values.buffer);
}

/** The rows of one tensor, with the order and bytes of safetensors. */
class TensorRows {
  /** Values per row. */
  private readonly columns: number;
  /** Bytes per row in the GGUF file, and in the safetensors. */
  private readonly storedBytes: number;
  private readonly rowBytes: number;
  private readonly count: number;
  private cached: { row: number; bytes: Uint8Array } | undefined;

  constructor(
    private readonly source: ByteSource,
    private readonly view: TensorView,
  ) {
    const { shape, dtype, tensor, firstRow, headDim } = view;
    // A bias that is split or reordered is read value by value.
    const single = shape.length === 1 && (firstRow > 0 || headDim > 1);
    this.columns = single ? 1 : (shape.at(-1) ?? 0);
    this.storedBytes = (this.columns / tensor.type.values) * tensor.type.bytes;
    this.rowBytes = this.columns * dtypeBytes(dtype);
    this.count = shape.reduce((product, n) => product * n, 1) / this.columns;
  }

  /** Rows as they are stored, in the order of transformers. */
  async stored(first: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
    const { storedBytes } = this;
    const { tensor, firstRow, headDim } = this.view;
    // complete heads
    const low = Math.floor(first / headDim) * headDim;
    const high = Math.ceil((first + count) / headDim) * headDim;
    const bytes = await this.source.read(tensor.begin + (firstRow + low) * storedBytes, (high - low) * storedBytes);
    if (headDim === 1) return bytes;
    const out = new Uint8Array(count * storedBytes);
    for (let row = 0; row < count; row++) {
      const at = (storedRow(first + row, headDim) - low) * storedBytes;
      out.set(bytes.subarray(at, at + storedBytes), row * storedBytes);
    }
    return out;
  }

  /** Fills `out` with the tensor's bytes from `from` on. */
  async fill(out: Uint8Array, from: number): Promise<void> {
    const { rowBytes, cached } = this;
    const end = from + out.length;
    let row = Math.floor(from / rowBytes);
    const copy = (bytes: Uint8Array, at: number): void => {
      const skip = Math.max(0, from - at);
      out.set(bytes.subarray(skip, Math.min(bytes.length, end - at)), at + skip - from);
    };
    if (cached?.row === row) copy(cached.bytes, row++ * rowBytes);
    const last = Math.ceil(end / rowBytes);
    // Complete heads at a time, because the file stores the rows of a head in another order.
    const { headDim } = this.view;
    const group = Math.max(1, Math.floor(BATCH_BYTES / (this.storedBytes * headDim))) * headDim;
    while (row < last) {
      const next = Math.min(last, (Math.floor(row / group) + 1) * group);
      const bytes = await this.rows(row, next);
      copy(bytes, row * rowBytes);
      if (next === last) this.cached = { row: last - 1, bytes: bytes.slice(-rowBytes) };
      row = next;
    }
  }

  /** The bytes of rows `first` to `end`. */
  private async rows(first: number, end: number): Promise<Uint8Array> {
    const { columns, storedBytes } = this;
    const { tensor, firstRow, headDim, shift, dtype } = this.view;
    const low = Math.floor(first / headDim) * headDim;
    const high = Math.min(this.count, Math.ceil(end / headDim) * headDim);
    const stored = await this.source.read(tensor.begin + (firstRow + low) * storedBytes, (high - low) * storedBytes);
    const values = new Float32Array((end - first) * columns);
    const blocks = columns / tensor.type.values;
    const dequantize = DEQUANTIZE[tensor.type.name];
    if (headDim === 1) dequantize({ bytes: stored, at: 0, blocks: (end - first) * blocks, out: values, to: 0 });
    for (let row = first; headDim > 1 && row < end; row++) {
      const at = (storedRow(row, headDim) - low) * storedBytes;
      dequantize({ bytes: stored, at, blocks, out: values, to: (row - first) * columns });
    }
    if (shift !== 0) for (let i = 0; i < values.length; i++) values[i]! -= shift;
    return dtype === "F32" ? new Uint8Array(values.buffer) : fromFloat32(values, dtype);
  }
}

/** The row of q or k in llama.cpp's order: dimension i of a head's first half is row 2 i of the head, of its second half row 2 i + 1. */
function storedRow(row: number, headDim: number): number {
  const inHead = row % headDim;
  const half = headDim / 2;
  return row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
}
