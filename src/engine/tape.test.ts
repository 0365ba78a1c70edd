// How gradients accumulate: sums, slices of a base, and no writes to what another op still reads. Values on the CPU, without a GPU.
import { expect, test } from "vitest";
import type { GpuBuffer } from "./gpu/buffers.ts";
import type { GradientArithmetic } from "./gradients.ts";
import { type StepMemory, Tape } from "./tape.ts";
import { elements, sizeOf, type Tensor, view } from "./tensor.ts";

/** Tensors whose values are plain arrays by buffer number. */
class Numbers implements GradientArithmetic {
  private readonly values = new Map<number, number[]>();
  private next = 1;

  tensor(values: number[], requiresGrad = true): Tensor {
    const id = this.next++;
    this.values.set(id, values);
    const buffer = { id, bytes: values.length * 4, gpu: undefined as unknown as GPUBuffer };
    return { label: `t${id}`, buffer, offset: 0, shape: [values.length], dtype: "f32", requiresGrad };
  }
  of(tensor: Tensor | undefined): number[] {
    if (!tensor) return [];
    return (this.values.get(tensor.buffer.id) ?? []).slice(tensor.offset, tensor.offset + elements(tensor));
  }
  set(tensor: Tensor, values: number[]): void {
    this.values.get(tensor.buffer.id)?.splice(tensor.offset, values.length, ...values);
  }
  empty(shape: readonly number[]): Tensor {
    return { ...this.tensor(new Array<number>(sizeOf(shape)).fill(Number.NaN)), shape: [...shape] };
  }
  zero(tensor: Tensor): void {
    this.set(
      tensor,
      this.of(tensor).map(() => 0),
    );
  }
  copyInto(target: Tensor, source: Tensor): void {
    this.set(target, this.of(source));
  }
  add(a: Tensor, b: Tensor): Tensor {
    return this.tensor(this.of(a).map((value, i) => value + (this.of(b)[i] ?? Number.NaN)));
  }
  addInto(target: Tensor, source: Tensor): void {
    this.set(
      target,
      this.of(target).map((value, i) => value + (this.of(source)[i] ?? Number.NaN)),
    );
  }
  sumParts(parts: Tensor, more: Tensor | undefined, shape: readonly number[]): Tensor {
    const [values, added] = [this.of(parts), more && this.of(more)];
    const stride = parts.shape[1] ?? 0;
    return this.tensor(
      Array.from({ length: sizeOf(shape) }, (_, i) =>
        values.filter((__, at) => at % stride === i).reduce((sum, value) => sum + value, added?.[i] ?? 0),
      ),
    );
  }
}

const setUp = () => {
  const numbers = new Numbers();
  return { numbers, tape: new Tape(numbers) };
};

test("a tensor that is used twice gets the sum of both gradients", () => {
  const { numbers, tape } = setUp();
  const x = numbers.tensor([1]);
  const [a, b] = [numbers.tensor([0]), numbers.tensor([0])];
  tape.record(a, [x], () => [numbers.tensor([2])]);
  tape.record(b, [x], () => [numbers.tensor([3])]);
  tape.backward([
    [a, numbers.tensor([1])],
    [b, numbers.tensor([1])],
  ]);
  expect(numbers.of(tape.gradients.of(x))).toEqual([5]);
});

test("a gradient that two tensors share is not overwritten by either", () => {
  const { numbers, tape } = setUp();
  const [a, b, sum, more] = [numbers.tensor([0]), numbers.tensor([0]), numbers.tensor([0]), numbers.tensor([0])];
  tape.record(more, [a], () => [numbers.tensor([10])]);
  tape.record(sum, [a, b], (d) => [d, d]);
  const seed = numbers.tensor([1]);
  tape.backward([
    [sum, seed],
    [more, numbers.tensor([1])],
  ]);
  expect(numbers.of(tape.gradients.of(a))).toEqual([11]);
  expect(numbers.of(tape.gradients.of(b))).toEqual([1]);
  expect(numbers.of(seed)).toEqual([1]);
});

test("a view's gradient is a slice of its base's gradient; the rest is zero", () => {
  const { numbers, tape } = setUp();
  const base = numbers.tensor(new Array<number>(192).fill(1));
  const [first, last] = [view(base, 0, [2]), view(base, 128, [2])];
  const [a, b] = [numbers.tensor([0, 0]), numbers.tensor([0, 0])];
  tape.record(a, [first], () => {
    const d = tape.gradients.target(first);
    numbers.set(d, [1, 2]);
    return [d];
  });
  tape.record(b, [last], () => [numbers.tensor([3, 4])]);
  tape.backward([
    [a, numbers.tensor([0, 0])],
    [b, numbers.tensor([0, 0])],
  ]);
  const gradient = numbers.of(tape.gradients.of(base));
  expect(gradient.slice(0, 3)).toEqual([1, 2, 0]);
  expect(gradient.slice(127, 131)).toEqual([0, 3, 4, 0]);
});

test.each(["base first", "view first"])(
  "a tensor that is used directly and through a view gets both gradients, %s",
  (order) => {
    const { numbers, tape } = setUp();
    const base = numbers.tensor([1, 1]);
    const part = view(base, 0, [1]);
    const [ofBase, ofView] = [numbers.tensor([0]), numbers.tensor([0])];
    const shared = numbers.tensor([10, 20]);
    const useBase = (): void => tape.record(ofBase, [base], () => [shared]);
    const useView = (): void =>
      tape.record(ofView, [part], () => {
        const d = tape.gradients.target(part);
        numbers.set(d, [5]);
        return [d];
      });
    // backward runs from the last entry to the first
    for (const use of order === "base first" ? [useView, useBase] : [useBase, useView]) use();
    tape.backward([
      [ofBase, numbers.tensor([1])],
      [ofView, numbers.tensor([1])],
    ]);
    expect(numbers.of(tape.gradients.of(base))).toEqual([15, 20]);
    expect(numbers.of(shared)).toEqual([10, 20]);
  },
);

test("a view that is used twice gets the sum of both gradients", () => {
  const { numbers, tape } = setUp();
  const base = numbers.tensor([1, 1]);
  const part = view(base, 0, [1]);
  const outs = [2, 3].map((value) => {
    const out = numbers.tensor([0]);
    tape.record(out, [part], () => {
      const d = tape.gradients.target(part);
      numbers.set(d, [value]);
      return [d];
    });
    return out;
  });
  tape.backward(outs.map((out) => [out, numbers.tensor([1])] as const));
  expect(numbers.of(tape.gradients.of(base))).toEqual([5, 0]);
});

/** An op on `inputs` whose backward writes `values` to the first column of each of them, in every block of rows. */
function sumsRows({ numbers, tape }: ReturnType<typeof setUp>, inputs: readonly Tensor[], values: number[]): Tensor {
  const out = numbers.tensor([0]);
  tape.record(out, inputs, () => {
    const { sums, first, stride } = tape.gradients.parts(inputs, values.length);
    values.forEach((value, block) =>
      first.forEach((column) =>
        numbers.set(view(sums, 0, [elements(sums)]), put(numbers.of(sums), block * stride + column, value)),
      ),
    );
    return inputs.map(() => null);
  });
  return out;
}

const put = (values: number[], i: number, value: number): number[] => values.map((old, k) => (k === i ? value : old));

test("gradients by blocks of rows are summed, with those that came in other ways", () => {
  const at = setUp();
  const { numbers, tape } = at;
  const base = numbers.tensor(new Array<number>(192).fill(1));
  const [first, second] = [view(base, 64, [2]), view(base, 128, [2])];
  const direct = numbers.tensor([0]);
  tape.record(direct, [first], () => [numbers.tensor([100, 200])]);
  const outs = [sumsRows(at, [first, second], [1, 2]), sumsRows(at, [base], [10, 20])];
  tape.backward([direct, ...outs].map((out) => [out, numbers.tensor([1])] as const));
  const gradient = numbers.of(tape.gradients.of(base));
  expect([gradient[0], gradient[64], gradient[65], gradient[128], gradient[129]]).toEqual([30, 103, 200, 3, 0]);
});

test("a column that two ops sum over rows gets both sums, also with other numbers of blocks", () => {
  const at = setUp();
  const base = at.numbers.tensor([1, 1, 1, 1]);
  const outs = [[1, 2], [10, 20], [100]].map((values) => sumsRows(at, [base], values));
  at.tape.backward(outs.map((out) => [out, at.numbers.tensor([1])] as const));
  expect(at.numbers.of(at.tape.gradients.of(base))).toEqual([133, 0, 0, 0]);
});

test("an op with two outputs gets both gradients, and runs without the second", () => {
  const { numbers, tape } = setUp();
  const [x, both, also, alone, unused] = [1, 2, 3, 4, 5].map((value) => numbers.tensor([value]));
  if (!x || !both || !also || !alone || !unused) throw new Error("five tensors");
  const backward = (d: Tensor, dAlso?: Tensor) => [
    numbers.tensor([(numbers.of(d)[0] ?? 0) + 10 * (numbers.of(dAlso)[0] ?? 0)]),
  ];
  tape.recordTwo([both, also], [x], backward);
  tape.recordTwo([alone, unused], [x], backward);
  tape.backward([
    [both, numbers.tensor([1])],
    [also, numbers.tensor([2])],
    [alone, numbers.tensor([300])],
  ]);
  expect(numbers.of(tape.gradients.of(x))).toEqual([321]);
});

/** Memory that only remembers what is in use. Every tensor that is made after `start` belongs to it. */
class Memory implements StepMemory {
  readonly released: GpuBuffer[] = [];
  private readonly takes: GpuBuffer[] = [];

  constructor(numbers: Numbers) {
    const { tensor } = numbers;
    numbers.tensor = (...args) => {
      const made = tensor.apply(numbers, args);
      this.takes.push(made.buffer);
      return made;
    };
  }
  mark(): number {
    return this.takes.length;
  }
  takenSince(mark: number): GpuBuffer[] {
    return this.takes.slice(mark).filter((buffer) => !this.released.includes(buffer));
  }
  release(buffer: GpuBuffer): void {
    if (this.takes.includes(buffer) && !this.released.includes(buffer)) this.released.push(buffer);
  }
}

/** y = a x, whose backward reads x; the gradient of a is summed over rows by blocks. */
function scaled({ numbers, tape }: ReturnType<typeof setUp>, x: Tensor, a: Tensor): Tensor {
  const [xValue = 0, aValue = 0] = [numbers.of(x)[0], numbers.of(a)[0]];
  const y = numbers.tensor([xValue * aValue]);
  tape.record(y, [x, a], (dy) => {
    const [d = 0] = numbers.of(dy);
    const { sums, first } = tape.gradients.parts([a], 1);
    numbers.set(sums, put(numbers.of(sums), first[0] ?? 0, d * (numbers.of(x)[0] ?? 0)));
    return [numbers.tensor([d * aValue]), null];
  });
  return y;
}

test.each(["kept", "again"])("a segment that is %s gives the same gradients, and ends what it made", (kind) => {
  const at = setUp();
  const { numbers, tape } = at;
  const [x, a, b, seed] = [numbers.tensor([3]), numbers.tensor([5, 0]), numbers.tensor([7, 0]), numbers.tensor([1])];
  const memory = new Memory(numbers);
  let runs = 0;
  const work = () => {
    runs++;
    return [scaled(at, scaled(at, x, view(a, 0, [1])), view(b, 0, [1]))];
  };
  const [y] = tape.segment({ work, memory, ...(kind === "again" ? { again: work } : {}) });
  if (!y) throw new Error("one result");
  expect(memory.released).toHaveLength(kind === "again" ? 1 : 0);
  tape.backward([[y, seed]]);
  expect(runs).toBe(kind === "again" ? 2 : 1);
  expect([x, a, b].map((tensor) => numbers.of(tape.gradients.of(tensor))[0])).toEqual([35, 21, 15]);
  // what is left in use are the three gradients, and the sums of two of them until they are read
  const [dx, da, db] = [x, a, b].map((tensor) => tape.gradients.of(tensor)?.buffer);
  expect(memory.released).not.toContain(dx);
  expect(memory.takenSince(0).filter((buffer) => ![dx, da, db].includes(buffer))).toHaveLength(2);
  expect(memory.released).toContain(y.buffer);
});
