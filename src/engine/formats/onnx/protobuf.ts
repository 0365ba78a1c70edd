// The part of the protobuf wire format that ONNX needs. Sizes are known before the bytes, so that tensors can be streamed.
// Format: https://protobuf.dev/programming-guides/encoding
import { joinedBytes } from "../../../shared/joinedBytes.ts";

/** Bytes produced on demand: exactly `sizeBytes`, and the same ones on every call. */
export interface LazyBytes {
  readonly sizeBytes: number;
  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** An encoded message, or a piece of one: bytes in memory and lazy bytes, in order. */
export interface Message {
  readonly sizeBytes: number;
  readonly parts: readonly (Uint8Array<ArrayBuffer> | LazyBytes)[];
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

const encoder = new TextEncoder();

/** Seven bits per byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}

function key(field: number, wireType: number): number[] {
  return varint(field * 8 + wireType);
}

function literal(bytes: Uint8Array<ArrayBuffer>): Message {
  return { sizeBytes: bytes.length, parts: [bytes] };
}

/** Concatenates pieces; neighbouring bytes in memory become one array. */
export function join(pieces: readonly Message[]): Message {
  const parts: (Uint8Array<ArrayBuffer> | LazyBytes)[] = [];
  let run: Uint8Array<ArrayBuffer>[] = [];
  const endRun = (): void => {
    if (run.length > 0) parts.push(joinedBytes(run));
    run = [];
  };
  for (const part of pieces.flatMap((piece) => piece.parts)) {
    if (part instanceof Uint8Array) run.push(part);
    else {
      endRun();
      parts.push(part);
    }
  }
  endRun();
  return { sizeBytes: pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0), parts };
}

/** int32, int64, enum or bool. */
export function intField(field: number, value: number): Message {
  return literal(Uint8Array.from([...key(field, VARINT), ...varint(value)]));
}

/** A repeated int64 as in proto2: one field per element. */
export function intFields(field: number, values: readonly number[]): Message {
  return literal(Uint8Array.from(values.flatMap((value) => [...key(field, VARINT), ...varint(value)])));
}

export function floatField(field: number, value: number): Message {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return literal(Uint8Array.from([...key(field, FIXED_32), ...bytes]));
}

export function messageField(field: number, message: Message): Message {
  const header = Uint8Array.from([...key(field, LENGTH_DELIMITED), ...varint(message.sizeBytes)]);
  return join([literal(header), message]);
}

export function textField(field: number, text: string): Message {
  return messageField(field, literal(encoder.encode(text)));
}

/** A bytes field with lazy content. */
export function lazyField(field: number, content: LazyBytes): Message {
  return messageField(field, { sizeBytes: content.sizeBytes, parts: [content] });
}

/** The bytes of a message, part by part; at most one tensor is in memory. */
export async function* writeMessage(message: Message): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (const part of message.parts) {
    if (part instanceof Uint8Array) yield part;
    else yield* part.chunks();
  }
}
