// Reads the parts of an ONNX file that tests check, from the wire format alone and independently of the writer's code.

export interface ParsedTensor {
  dtype: number;
  shape: number[];
  /** Empty where the data is in a separate file. */
  data: Uint8Array;
  external?: { location: string; offset: number; length: number };
}

export interface ParsedNode {
  name: string;
  type: string;
  inputs: string[];
  outputs: string[];
  /** Only integers and strings. */
  attributes: Record<string, number | string>;
}

export interface ParsedModel {
  irVersion: number;
  opset: number;
  nodes: ParsedNode[];
  tensors: Map<string, ParsedTensor>;
  /** "name dtype [dimensions]" */
  inputs: string[];
  outputs: string[];
}

type Fields = Map<number, (bigint | Uint8Array)[]>;
const NONE: Fields = new Map();

function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("the message ends inside a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error("the message ends inside a field");
    return bytes.subarray(at, (at += length));
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const wireType = key % 8;
    const value = wireType === 0 ? varint() : take(wireType === 5 ? 4 : Number(varint()));
    const values = fields.get(key >> 3) ?? [];
    fields.set(key >> 3, [...values, value]);
  }
  return fields;
}

const numbers = (fields: Fields, field: number): number[] => (fields.get(field) ?? []).map(Number);
const number = (fields: Fields, field: number): number => numbers(fields, field)[0] ?? 0;
const arrays = (fields: Fields, field: number): Uint8Array[] =>
  (fields.get(field) ?? []).filter((value) => value instanceof Uint8Array);
const messages = (fields: Fields, field: number): Fields[] => arrays(fields, field).map(fieldsOf);
const texts = (fields: Fields, field: number): string[] =>
  arrays(fields, field).map((value) => new TextDecoder("utf-8", { fatal: true }).decode(value));
const text = (fields: Fields, field: number): string => texts(fields, field)[0] ?? "";

function nodeOf(node: Fields): ParsedNode {
  const attributes = messages(node, 5).map((attribute) => [
    text(attribute, 1),
    attribute.has(4) ? text(attribute, 4) : number(attribute, 3),
  ]);
  return {
    name: text(node, 3),
    type: text(node, 4),
    inputs: texts(node, 1),
    outputs: texts(node, 2),
    attributes: Object.fromEntries(attributes) as Record<string, number | string>,
  };
}

function tensorOf(tensor: Fields): ParsedTensor {
  const parsed = {
    dtype: number(tensor, 2),
    shape: numbers(tensor, 1),
    data: arrays(tensor, 9)[0] ?? new Uint8Array(),
  };
  if (number(tensor, 14) !== 1) return parsed;
  const entries = new Map(messages(tensor, 13).map((entry) => [text(entry, 1), text(entry, 2)]));
  const [offset = NaN, length = NaN] = ["offset", "length"].map((key) => Number(entries.get(key)));
  return { ...parsed, external: { location: entries.get("location") ?? "", offset, length } };
}

function valueOf(value: Fields): string {
  const [tensorType = NONE] = messages(value, 2).flatMap((type) => messages(type, 1));
  const dims = messages(tensorType, 2).flatMap((shape) => messages(shape, 1));
  const shape = dims.map((dim) => (dim.has(1) ? number(dim, 1) : text(dim, 2)));
  return `${text(value, 1)} ${number(tensorType, 1)} [${shape.join(",")}]`;
}

export function parseOnnx(bytes: Uint8Array): ParsedModel {
  const model = fieldsOf(bytes);
  const [graph = NONE] = messages(model, 7);
  const [opset = NONE] = messages(model, 8);
  return {
    irVersion: number(model, 1),
    opset: number(opset, 2),
    nodes: messages(graph, 1).map(nodeOf),
    tensors: new Map(messages(graph, 5).map((tensor) => [text(tensor, 8), tensorOf(tensor)])),
    inputs: messages(graph, 11).map(valueOf),
    outputs: messages(graph, 12).map(valueOf),
  };
}
