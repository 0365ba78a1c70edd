// Reads the numbers, strings and lists of a GGUF header in sequence from the first bytes of the file.
import type { EngineError } from "../../errors.ts";
import { FETCH_AGAIN, readError, WRITE_AGAIN } from "../files/readError.ts";

/** Thrown where the header continues beyond the bytes that were read, but within the file: read more and start again. */
export class NeedMoreBytes extends Error {}

/** A value of the metadata. 64-bit integers are numbers: beyond 2^53 they lose digits, but such counts cannot be used anyway. */
export type MetadataValue = number | boolean | string | readonly MetadataValue[];

const LIST = 9;
/** Bytes of each value type by its number in the format; for strings and lists the smallest size. */
const SCALAR_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];
/** Accepted nesting of lists; usual files have one level. */
const MAX_DEPTH = 2;
/** Values in all lists of a header together. The largest vocabularies have 262,144 tokens with scores, types, and 600,000 merges. */
const MOST_VALUES = 4_000_000;

export class HeaderCursor {
  at = 0;
  /** Values of lists so far. */
  private listed = 0;
  private readonly view: DataView;
  private readonly decoder = new TextDecoder("utf-8", { fatal: true });

  constructor(
    readonly file: string,
    private readonly bytes: Uint8Array<ArrayBuffer>,
    /** Size of the complete file in bytes. */
    private readonly fileBytes: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The error "format" about a field. */
  fault(field: string, expected: string, got: string, advice = WRITE_AGAIN): EngineError {
    return readError({ file: this.file, field, expected, got, advice });
  }

  /** Advances by `count` bytes and returns where they begin. */
  private take(count: number, field: string): number {
    const begin = this.at;
    if (begin + count > this.fileBytes) {
      const got = `the end of the file at ${this.fileBytes}`;
      throw this.fault(field, `${count} bytes at ${begin}`, got, FETCH_AGAIN);
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

  /** A number of items of at least `leastBytes` each. Throws "format" where they exceed the rest of the file. */
  count(field: string, leastBytes: number): number {
    const count = this.u64(field);
    const rest = this.fileBytes - this.at;
    if (count * leastBytes <= rest) return count;
    const expected = `at most ${Math.floor(rest / leastBytes)} of at least ${leastBytes} bytes each in the ${rest} that follow`;
    throw this.fault(field, expected, String(count), FETCH_AGAIN);
  }

  text(field: string): string {
    const length = this.count(`${field}: length`, 1);
    const begin = this.take(length, field);
    try {
      return this.decoder.decode(this.bytes.subarray(begin, begin + length));
    } catch {
      throw this.fault(field, "UTF-8 text", "other bytes");
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
        if (flag > 1) throw this.fault(field, "0 or 1 for a bool", String(flag));
        return flag === 1;
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
        throw this.fault(`${field}: type`, `0 to ${SCALAR_BYTES.length - 1}`, String(type));
    }
  }

  private list(field: string, depth: number): MetadataValue {
    if (depth >= MAX_DEPTH) throw this.fault(field, `lists at most ${MAX_DEPTH} deep`, "deeper ones");
    const type = this.u32(`${field}: element type`);
    const length = this.count(`${field}: length`, SCALAR_BYTES[type] ?? 1);
    this.listed += length;
    if (this.listed > MOST_VALUES) {
      throw this.fault(`${field}: length`, `at most ${MOST_VALUES} values in all lists`, String(length));
    }
    return Array.from({ length }, (_, i) => this.value(type, `${field}[${i}]`, depth + 1));
  }
}
