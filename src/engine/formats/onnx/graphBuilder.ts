// Collects the nodes, constants, inputs and outputs of a graph, and names them.
import { invariant } from "../../errors.ts";
import type { Attribute, OnnxDtype, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from "./onnxProto.ts";
import type { LazyBytes } from "./protobuf.ts";

/** The name of a value in the graph: an input, a constant, or the output of a node. */
export type Value = string;
type Attributes = Readonly<Record<string, Attribute>>;

/** The bytes of a small constant, kept in memory. */
function bytesInMemory(values: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>): LazyBytes {
  const bytes = new Uint8Array(values.buffer);
  return {
    sizeBytes: bytes.length,
    async *chunks() {
      yield bytes;
    },
  };
}

export class GraphBuilder {
  private readonly nodes: OnnxNode[] = [];
  private readonly tensors = new Map<string, OnnxTensor>();
  private readonly inputs: OnnxValue[] = [];
  private readonly outputs: OnnxValue[] = [];
  private readonly counts = new Map<string, number>();
  private prefix = "";

  /** Sets the prefix for the names of all following nodes. */
  section(name: string): void {
    this.prefix = `${name}/`;
  }

  input(name: string, dtype: OnnxDtype, shape: readonly (number | string)[]): Value {
    this.inputs.push({ name, dtype, shape });
    return name;
  }

  /** Declares the value `name` an output of the graph; `op` must make it. */
  output(name: Value, dtype: OnnxDtype, shape: readonly (number | string)[]): void {
    this.outputs.push({ name, dtype, shape });
  }

  /** A node with one output, named `output` where given. */
  op(type: string, inputs: readonly Value[], attributes: Attributes = {}, output?: string): Value {
    const name = this.nodeName(type);
    const made = output ?? name;
    this.nodes.push({ name, type, inputs, outputs: [made], attributes });
    return made;
  }

  /** A node with two outputs. */
  pair(type: string, inputs: readonly Value[], attributes: Attributes = {}): [Value, Value] {
    const name = this.nodeName(type);
    const outputs: [Value, Value] = [`${name}.first`, `${name}.second`];
    this.nodes.push({ name, type, inputs, outputs, attributes });
    return outputs;
  }

  /** A constant. Throws "bug" where its name is taken. */
  tensor(tensor: OnnxTensor): Value {
    invariant(!this.tensors.has(tensor.name), "bug", `tensor '${tensor.name}': expected each name once, got it twice`);
    this.tensors.set(tensor.name, tensor);
    return tensor.name;
  }

  floats(name: string, values: Float32Array<ArrayBuffer>, shape: readonly number[]): Value {
    return this.tensor({ name, dtype: "F32", shape, data: bytesInMemory(values) });
  }

  indices(name: string, values: ArrayLike<number>, shape: readonly number[] = [values.length]): Value {
    return this.tensor({
      name,
      dtype: "I64",
      shape,
      data: bytesInMemory(BigInt64Array.from(Array.from(values), BigInt)),
    });
  }

  /** A list of integers such as a shape or axes; equal lists are one constant. */
  ints(...values: number[]): Value {
    const name = `ints[${values.join(",")}]`;
    return this.tensors.has(name) ? name : this.indices(name, values);
  }

  /** An integer as a scalar. */
  int(value: number): Value {
    const name = `int[${value}]`;
    return this.tensors.has(name) ? name : this.indices(name, [value], []);
  }

  /** A float as a scalar. */
  float(value: number): Value {
    const name = `float[${value}]`;
    return this.tensors.has(name) ? name : this.floats(name, Float32Array.of(value), []);
  }

  build(name: string): OnnxGraph {
    const { nodes, inputs, outputs } = this;
    return { name, nodes, tensors: [...this.tensors.values()], inputs, outputs };
  }

  private nodeName(type: string): string {
    const stem = this.prefix + type;
    const count = this.counts.get(stem) ?? 0;
    this.counts.set(stem, count + 1);
    return count === 0 ? stem : `${stem}_${count}`;
  }
}
