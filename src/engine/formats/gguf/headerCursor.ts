// Reads a GGUF header's numbers, strings and lists one after the other from the bytes at the front of the file.
import { EngineError } from "../../errors.ts";

/** Thrown where the header goes on beyond the bytes at hand, though not beyond the file: read more and start again. */
export class NeedMoreBytes extends Error {}

/** A value of the metadata: 64-bit integers as numbers (those beyond 2^53 lose digits, and are no count that anyone could use). */
export type MetadataValue = number | boolean | string | readonly MetadataValue[];

const LIST = 9;
/** Bytes of each scalar type by the format's number; a string takes at least its length. */
const SCALAR_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];
/** Lists in lists that are followed; the format's own files have one level. */
const MAX_DEPTH = 2;

export class HeaderCursor {
  at = 0;
  private readonly view: DataView;
  private readonly decoder = new TextDecoder("utf-8", { fatal: true });

  constructor(
    readonly file: string,
    private readonly bytes: Uint8Array<ArrayBuffer>,
    /** Size of the whole file in bytes. */
    private readonly fileBytes: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Throws "format": file, field and what is wrong with it. */
  refuse(field: string, problem: string): never {
    throw new EngineError("format", `${this.file}: ${field}: ${problem}`, { file: this.file, field });
  }

  /** Moves on by `count` bytes and gives where they begin. */
  private take(count: number, field: string): number {
    const begin = this.at;
    if (begin + count > this.fileBytes) {
      this.refuse(
        field,
        `${count} bytes at ${begin}, but the file ends at ${this.fileBytes}; it is cut off or not GGUF, fetch it again`,
      );
    }
    if (begin + count > this.bytes.byteLength) throw new NeedMoreBytes();
    this.at += count;
    return begin;
  }

  u32(field: string): number {
    return this.view.getUint32(this.take(4, field), true);
  }

  u64(field: string): number {
    return Number(this.view.getBigUint64(this.take(8, field), true));
  }

  /** A number of things that take at least `leastBytes` each; refused where the file has no room for so many. */
  count(field: string, leastBytes: number): number {
    const count = this.u64(field);
    const room = this.fileBytes - this.at;
    if (count * leastBytes > room)
      this.refuse(field, `${count} of at least ${leastBytes} bytes, but ${room} bytes follow`);
    return count;
  }

  text(field: string): string {
    const length = this.count(`${field}, length`, 1);
    const begin = this.take(length, field);
    try {
      return this.decoder.decode(this.bytes.subarray(begin, begin + length));
    } catch {
      return this.refuse(field, "not UTF-8");
    }
  }

  /** A value of one of the format's types. */
  value(type: number, field: string, depth = 0): MetadataValue {
    switch (type) {
      case 0:
        return this.view.getUint8(this.take(1, field));
      case 1:
        return this.view.getInt8(this.take(1, field));
      case 2:
        return this.view.getUint16(this.take(2, field), true);
      case 3:
        return this.view.getInt16(this.take(2, field), true);
      case 4:
        return this.u32(field);
      case 5:
        return this.view.getInt32(this.take(4, field), true);
      case 6:
        return this.view.getFloat32(this.take(4, field), true);
      case 7: {
        const flag = this.view.getUint8(this.take(1, field));
        return flag <= 1 ? flag === 1 : this.refuse(field, `expected 0 or 1 for a bool, got ${flag}`);
      }
      case 8:
        return this.text(field);
      case LIST:
        return this.list(field, depth);
      case 10:
        return this.u64(field);
      case 11:
        return Number(this.view.getBigInt64(this.take(8, field), true));
      case 12:
        return this.view.getFloat64(this.take(8, field), true);
      default:
        return this.refuse(field, `value type ${type} is unknown; known: 0 to ${SCALAR_BYTES.length - 1}`);
    }
  }

  private list(field: string, depth: number): MetadataValue {
    if (depth >= MAX_DEPTH) this.refuse(field, `lists are nested more than ${MAX_DEPTH} deep`);
    const type = this.u32(`${field}, element type`);
    const length = this.count(`${field}, length`, SCALAR_BYTES[type] ?? 1);
    return Array.from({ length }, (_, i) => this.value(type, `${field}[${i}]`, depth + 1));
  }
}
