// Zips of stored entries and safetensors files, read and written for the tests without the studio's own code.
import { Buffer } from "node:buffer";

/** Entries of a zip of stored (uncompressed) files, by name without the folder. */
export function unzipStored(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = zip.readUInt32LE(end + 16);
  const entries = new Map<string, Buffer>();
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const method = zip.readUInt16LE(at + 10);
    const bytes = zip.readUInt32LE(at + 24);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString("utf8", at + 46, at + 46 + nameBytes);
    if (method !== 0) throw new Error(`expected ${name} to be stored, found method ${method}`);
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    entries.set(name.slice(name.lastIndexOf("/") + 1), zip.subarray(from, from + bytes));
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
interface Tensors {
  header: Record<string, Entry>;
  /** Byte offset of the data. */
  start: number;
  bytes: Buffer;
}

/** The header of a safetensors file, without its metadata, and the offset of the data. */
export function readTensors(bytes: Buffer): Tensors {
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + headerBytes)) as Record<string, Entry>;
  delete header["__metadata__"];
  return { header, start: 8 + headerBytes, bytes };
}

/** Number of rows and of columns with a value other than zero, for any float dtype of two or four bytes. */
export function usedLines({ header, start, bytes }: Tensors, name: string): { rows: number; columns: number } {
  const entry = header[name];
  if (!entry) throw new Error(`expected a tensor ${name}, found ${Object.keys(header).join(", ")}`);
  const [rows = 0, columns = 0] = entry.shape;
  const width = entry.dtype === "F32" ? 4 : 2;
  const from = start + entry.data_offsets[0];
  const [usedRows, usedColumns] = [new Set<number>(), new Set<number>()];
  for (let i = 0; i < rows * columns; i += 1) {
    const at = from + i * width;
    // all bits except the sign
    const bits = width === 4 ? bytes.readUInt32LE(at) & 0x7fffffff : bytes.readUInt16LE(at) & 0x7fff;
    if (bits === 0) continue;
    usedRows.add(Math.floor(i / columns));
    usedColumns.add(i % columns);
  }
  return { rows: usedRows.size, columns: usedColumns.size };
}

/** A safetensors file of these tensors, in their order. */
export function writeTensors(
  tensors: readonly { name: string; dtype: string; shape: number[]; data: Buffer }[],
): Buffer {
  let end = 0;
  const header = Object.fromEntries(
    tensors.map(({ name, dtype, shape, data }) => {
      const offsets = [end, (end += data.length)];
      return [name, { dtype, shape, data_offsets: offsets }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...tensors.map(({ data }) => data)]);
}
