// The element types of weight files: their sizes, and conversion to and from float32. All little-endian, like the formats and WebGPU.
import { EngineError, invariant } from "./errors.ts";

const BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

/** Element types that can be read, by their safetensors names. */
export type Dtype = keyof typeof BYTES;
/** Element types that weights can be written in. */
export type FloatDtype = "F32" | "F16" | "BF16";

export const DTYPES = Object.keys(BYTES) as readonly Dtype[];
export const FLOAT_DTYPES: readonly FloatDtype[] = ["F32", "F16", "BF16"];

/** GGUF's quantised types: a row consists of blocks of values with common scales. */
export type BlockDtype = "Q8_0" | "Q4_0" | "Q4_1" | "Q5_0" | "Q5_1" | "Q4_K" | "Q5_K" | "Q6_K";
export const BLOCK_DTYPES: readonly BlockDtype[] = ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"];

/** Element types that the matrices of an exported file can have: those of safetensors and ONNX, and GGUF's. */
export type WeightType = FloatDtype | BlockDtype;
export const WEIGHT_TYPES: readonly WeightType[] = [...FLOAT_DTYPES, ...BLOCK_DTYPES];

/** What to do about quantised weights. */
export const TAKE_FLOATS =
  "Take the version of the model in F32, F16 or BF16, or a GGUF file: pruning needs the values of the weights.";

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(BYTES, name);
}

export function isBlockDtype(name: string): name is BlockDtype {
  return BLOCK_DTYPES.some((dtype) => dtype === name);
}

export function isFloatDtype(name: string): name is FloatDtype {
  return FLOAT_DTYPES.some((dtype) => dtype === name);
}

/** Bytes of one element. */
export function dtypeBytes(dtype: Dtype): number {
  return BYTES[dtype];
}

/** Number of elements of a shape: 1 for a scalar, 0 if any dimension is 0. May be Infinity or an unsafe integer, which the caller checks. */
export function elementCount(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1);
}

let halfTable: Uint32Array | undefined;
let halfFloats: Float32Array | undefined;

/** The float32 bits of every half: sign | exponent rebased from 15 to 127 | mantissa, subnormals normalised. */
function halfBits(): Uint32Array {
  if (halfTable) return halfTable;
  const table = new Uint32Array(65536);
  for (let half = 0; half < 65536; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 31) table[half] = sign | 0x7f800000 | (mantissa << 13);
    else if (exponent > 0) table[half] = sign | ((exponent + 112) << 23) | (mantissa << 13);
    else if (mantissa === 0) table[half] = sign;
    else {
      const shift = Math.clz32(mantissa) - 21; // brings the leading one to bit 10
      table[half] = sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
    }
  }
  return (halfTable = table);
}

/** The value of every half by its 16 bits. */
export function halfValues(): Float32Array {
  return (halfFloats ??= new Float32Array(halfBits().buffer));
}

/** The same bytes at an offset that is a multiple of `align`, copied only if needed. */
function aligned(bytes: Uint8Array<ArrayBuffer>, align: number): Uint8Array<ArrayBuffer> {
  return bytes.byteOffset % align === 0 ? bytes : bytes.slice();
}

/**
 * Little-endian elements as float32: a view of the same memory for aligned F32, otherwise a copy. F16 and BF16 convert exactly, including
 * subnormals, infinities and NaN payloads; F64 and wide integers are rounded to the nearest float32.
 * Throws "format" for bytes that are not a whole number of elements.
 */
export function toFloat32(bytes: Uint8Array<ArrayBuffer>, dtype: Dtype): Float32Array<ArrayBuffer> {
  const size = BYTES[dtype];
  const count = bytes.byteLength / size;
  invariant(
    Number.isInteger(count),
    "format",
    `expected whole ${dtype} elements of ${size} bytes, got ${bytes.byteLength} bytes`,
  );
  const source = aligned(bytes, size);
  const { buffer, byteOffset } = source;
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer, byteOffset, count);
    case "F16": {
      const table = halfBits();
      const halves = new Uint16Array(buffer, byteOffset, count);
      const bits = new Uint32Array(count);
      for (let i = 0; i < count; i++) bits[i] = table[halves[i]!]!;
      return new Float32Array(bits.buffer);
    }
    case "BF16": {
      const halves = new Uint16Array(buffer, byteOffset, count);
      const bits = new Uint32Array(count);
      for (let i = 0; i < count; i++) bits[i] = halves[i]! << 16;
      return new Float32Array(bits.buffer);
    }
    case "F64":
      return new Float32Array(new Float64Array(buffer, byteOffset, count));
    case "BOOL":
    case "U8":
      return new Float32Array(source);
    case "I8":
      return new Float32Array(new Int8Array(buffer, byteOffset, count));
    case "U16":
      return new Float32Array(new Uint16Array(buffer, byteOffset, count));
    case "I16":
      return new Float32Array(new Int16Array(buffer, byteOffset, count));
    case "U32":
      return new Float32Array(new Uint32Array(buffer, byteOffset, count));
    case "I32":
      return new Float32Array(new Int32Array(buffer, byteOffset, count));
    case "U64":
      return Float32Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
    case "I64":
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    default:
      throw new EngineError("bug", `no conversion from ${String(dtype)} to float32`);
  }
}

/** The nearest half of a float32, both as bits; ties to even, infinity from 65520 on. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7c00 | ((magnitude >> 13) & 0x3ff || 0x200); // NaN stays NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 or more
  if (magnitude >= 0x38800000) {
    // Normal numbers: adding just under half a step, plus the last kept bit, carries exactly if the value rounds up.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13);
  }
  if (magnitude <= 0x33000000) return sign; // up to 2^-25, half of the smallest subnormal: zero
  const shift = 126 - (magnitude >> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** The nearest bfloat16 of a float32, both as bits; ties to even. */
function bfloatOf(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | (((bits >>> 16) & 0x7f) === 0 ? 0x40 : 0);
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Float32 values as little-endian elements of `dtype`, rounded to nearest, ties to even. Always a copy. */
export function fromFloat32(values: Float32Array, dtype: FloatDtype): Uint8Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  if (dtype === "F32") return new Uint8Array(bits.slice().buffer);
  const narrow = dtype === "F16" ? halfOf : bfloatOf;
  const out = new Uint16Array(bits.length);
  for (let i = 0; i < out.length; i++) out[i] = narrow(bits[i]!);
  return new Uint8Array(out.buffer);
}

/** Precision of numbers on the GPU: f32, or f16 with two per u32. Arithmetic is f32 in both cases. */
export type Precision = "f32" | "f16";
/** How a frozen matrix is stored on the GPU: as numbers, or in the blocks of a GGUF file. */
export type MatrixDtype = Precision | BlockDtype;
/** The types that matrices can be quantised to when a model is opened, by how a user names them. */
const QUANTISED_ON_OPENING = { q8_0: "Q8_0", q4_0: "Q4_0" } as const;
export type OpeningDtype = (typeof QUANTISED_ON_OPENING)[keyof typeof QUANTISED_ON_OPENING];
export const OPENING_DTYPES = Object.values(QUANTISED_ON_OPENING);
/** How a model's matrices are stored on the GPU: all in one precision, each as in its file, or quantised when the model is opened. */
export type WeightStorage = Precision | "file" | keyof typeof QUANTISED_ON_OPENING;
export const WEIGHT_STORAGES: readonly WeightStorage[] = ["f32", "f16", "file", "q8_0", "q4_0"];

/** The type that a storage quantises to on opening; undefined for the others, which have the values of the file or halves of them. */
export const quantisedOnOpening = (storage: WeightStorage): OpeningDtype | undefined =>
  storage === "q8_0" || storage === "q4_0" ? QUANTISED_ON_OPENING[storage] : undefined;

/** The largest finite half. */
export const MAX_HALF = 65504;

/** Values as halves (rounded to nearest, ties to even) in whole u32s: an odd number of values is padded with a zero. */
export function packedHalves(values: Float32Array): Uint8Array<ArrayBuffer> {
  const halves = fromFloat32(values, "F16");
  if (halves.byteLength % 4 === 0) return halves;
  const padded = new Uint8Array(halves.byteLength + 2);
  padded.set(halves);
  return padded;
}
