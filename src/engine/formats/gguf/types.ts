// The element types of GGUF files: values and bytes per block, and which types are supported.

export interface BlockType {
  readonly name: QuantType;
  /** Values per block; a row consists of complete blocks. */
  readonly values: number;
  /** Bytes per block. */
  readonly bytes: number;
}

/** Supported types: ggml's number, values per block and bytes per block (ggml-common.h). */
const SUPPORTED = {
  F32: [0, 1, 4],
  F16: [1, 1, 2],
  Q4_0: [2, 32, 18],
  Q4_1: [3, 32, 20],
  Q5_0: [6, 32, 22],
  Q5_1: [7, 32, 24],
  Q8_0: [8, 32, 34],
  Q4_K: [12, 256, 144],
  Q5_K: [13, 256, 176],
  Q6_K: [14, 256, 210],
  BF16: [30, 1, 2],
} as const satisfies Record<string, readonly [number, number, number]>;

/** A type whose blocks can be converted to float32. */
export type QuantType = keyof typeof SUPPORTED;

export const QUANT_TYPES = Object.keys(SUPPORTED) as readonly QuantType[];

const BY_NUMBER = new Map<number, BlockType>(
  QUANT_TYPES.map((name) => [SUPPORTED[name][0], { name, values: SUPPORTED[name][1], bytes: SUPPORTED[name][2] }]),
);

/** A supported type by its name. */
export function blockTypeNamed(name: QuantType): BlockType {
  return { name, values: SUPPORTED[name][1], bytes: SUPPORTED[name][2] };
}

/** ggml's number of a supported type. */
export const typeNumber = (name: QuantType): number => SUPPORTED[name][0];

/** Names of ggml's other types, for errors. */
const OTHERS: Readonly<Record<number, string>> = {
  ...{ 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S" },
  ...{ 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64" },
  ...{ 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4" },
};

/** The type with this number in ggml, if it is supported. */
export function blockType(number: number): BlockType | undefined {
  return BY_NUMBER.get(number);
}

/** ggml's name of a type that is not supported. */
export function typeName(number: number): string {
  return OTHERS[number] ?? `number ${number}`;
}
