// The messages of onnx.proto that a model needs, with their field numbers: IR version 8, operator set 18 (ONNX 1.13).
// Source: https://github.com/onnx/onnx/blob/v1.13.0/onnx/onnx.proto
import { floatField, intField, intFields, join, lazyField, messageField, textField } from "./protobuf.ts";
import type { LazyBytes, Message } from "./protobuf.ts";

const IR_VERSION = 8;
/** The first version with an adding ScatterElements, and with ReduceMean and Split in their current form. */
const OPSET_VERSION = 18;
const PRODUCER = "Espalier";

/** TensorProto.DataType */
export const DATA_TYPES = { F32: 1, I64: 7, BOOL: 9, F16: 10 } as const;
export type OnnxDtype = keyof typeof DATA_TYPES;

const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_INTS = 7;
const LOCATION_EXTERNAL = 1;

/** A float attribute; plain numbers are integer attributes. */
interface FloatAttribute {
  float: number;
}
export type Attribute = number | FloatAttribute | string | readonly number[];

export interface OnnxNode {
  name: string;
  type: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

/** A constant of the graph; `data` is little-endian and row-major. */
export interface OnnxTensor {
  name: string;
  dtype: OnnxDtype;
  shape: readonly number[];
  data: LazyBytes;
}

/** Location of a tensor's data in a separate file. */
export interface ExternalLocation {
  /** File name, relative to the model's file. */
  location: string;
  offset: number;
}

/** An input or output of the graph. A dimension that is known only at run time has a name instead of a number. */
export interface OnnxValue {
  name: string;
  dtype: OnnxDtype;
  shape: readonly (number | string)[];
}

export interface OnnxGraph {
  name: string;
  nodes: readonly OnnxNode[];
  tensors: readonly OnnxTensor[];
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
}

function attributeMessage(name: string, value: Attribute): Message {
  const [type, content] =
    typeof value === "number"
      ? [ATTRIBUTE_INT, intField(3, value)]
      : typeof value === "string"
        ? [ATTRIBUTE_STRING, textField(4, value)]
        : "float" in value
          ? [ATTRIBUTE_FLOAT, floatField(2, value.float)]
          : [ATTRIBUTE_INTS, intFields(8, value)];
  return join([textField(1, name), content, intField(20, type)]);
}

function nodeMessage({ name, type, inputs, outputs, attributes }: OnnxNode): Message {
  return join([
    ...inputs.map((input) => textField(1, input)),
    ...outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, type),
    ...Object.entries(attributes).map(([key, value]) => messageField(5, attributeMessage(key, value))),
  ]);
}

function entryMessage(key: string, value: string): Message {
  return join([textField(1, key), textField(2, value)]);
}

function tensorMessage({ name, dtype, shape, data }: OnnxTensor, external?: ExternalLocation): Message {
  const content = external
    ? [
        messageField(13, entryMessage("location", external.location)),
        messageField(13, entryMessage("offset", String(external.offset))),
        messageField(13, entryMessage("length", String(data.sizeBytes))),
        intField(14, LOCATION_EXTERNAL),
      ]
    : [lazyField(9, data)];
  return join([intFields(1, shape), intField(2, DATA_TYPES[dtype]), textField(8, name), ...content]);
}

function valueMessage({ name, dtype, shape }: OnnxValue): Message {
  const dims = shape.map((dim) => messageField(1, typeof dim === "number" ? intField(1, dim) : textField(2, dim)));
  const tensorType = join([intField(1, DATA_TYPES[dtype]), messageField(2, join(dims))]);
  return join([textField(1, name), messageField(2, messageField(1, tensorType))]);
}

/** The complete ModelProto. `locations` has the tensors whose data is in separate files. */
export function modelMessage(graph: OnnxGraph, locations: ReadonlyMap<string, ExternalLocation>): Message {
  const graphMessage = join([
    ...graph.nodes.map((node) => messageField(1, nodeMessage(node))),
    textField(2, graph.name),
    ...graph.tensors.map((tensor) => messageField(5, tensorMessage(tensor, locations.get(tensor.name)))),
    ...graph.inputs.map((input) => messageField(11, valueMessage(input))),
    ...graph.outputs.map((output) => messageField(12, valueMessage(output))),
  ]);
  return join([
    intField(1, IR_VERSION),
    textField(2, PRODUCER),
    messageField(7, graphMessage),
    messageField(8, join([textField(1, ""), intField(2, OPSET_VERSION)])),
  ]);
}
