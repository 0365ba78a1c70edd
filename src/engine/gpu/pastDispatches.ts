// What a kernel dispatched, in order. A repeated step asks for the same again, which is found here without building keys.
import type { GpuBuffer } from "./buffers.ts";
import type { Uniform } from "./uniforms.ts";
import type { EntryPoint } from "./wgsl.ts";

/** A range of a buffer; offset and size in bytes. */
export interface Binding {
  readonly buffer: GpuBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Workgroup counts of a dispatch. */
export type Groups = readonly [x: number, y?: number, z?: number];

/** A dispatch ready to be encoded. */
export interface Dispatch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly groups: Groups;
  readonly bindings: GPUBindGroup;
  readonly uniform: GPUBindGroup | undefined;
}

/** What a dispatch is made from. */
export interface DispatchWish {
  /** In the order of the WGSL bindings. */
  readonly args: readonly Binding[];
  readonly uniform: Uniform;
  readonly groups: Groups;
}

interface Past {
  readonly args: readonly Binding[];
  /** In the order of the uniform's fields. */
  readonly values: readonly number[];
  readonly dispatch: Dispatch;
}

/** Dispatches that a kernel remembers: more than the layers of any model times the uses of a kernel in a layer. */
const MOST_PAST = 1024;

const sameGroups = (a: Groups, b: Groups): boolean => a[0] === b[0] && a[1] === b[1] && a[2] === b[2];

export class PastDispatches {
  private readonly fields: EntryPoint["fields"];
  private readonly past: Past[] = [];
  /** Which of `past` the next dispatch probably repeats. */
  private next = 0;

  /** fields: of the kernel's uniform. */
  constructor(fields: EntryPoint["fields"]) {
    this.fields = fields;
  }

  /** The dispatch that followed the last one before, if it was made from the same. */
  repeated(wanted: DispatchWish): Dispatch | undefined {
    const expected = this.past[this.next];
    if (!expected || !this.isFrom(expected, wanted)) return undefined;
    this.next = (this.next + 1) % this.past.length;
    return expected.dispatch;
  }

  private isFrom(past: Past, { args, uniform, groups }: DispatchWish): boolean {
    if (args.length !== past.args.length || !sameGroups(past.dispatch.groups, groups)) return false;
    for (let i = 0; i < args.length; i++) {
      const [one, other] = [args[i], past.args[i]];
      if (one?.buffer !== other?.buffer || one?.offset !== other?.offset || one?.bytes !== other?.bytes) return false;
    }
    const { fields } = this;
    for (let i = 0; i < fields.length; i++) if (uniform[fields[i]?.name ?? ""] !== past.values[i]) return false;
    return true;
  }

  /** Takes in a dispatch that was not expected, and returns it. */
  remember({ args, uniform }: DispatchWish, dispatch: Dispatch): Dispatch {
    if (this.past.length >= MOST_PAST) this.forget();
    const found = this.past.findIndex(
      ({ dispatch: { bindings, uniform: group, groups } }) =>
        bindings === dispatch.bindings && group === dispatch.uniform && sameGroups(groups, dispatch.groups),
    );
    if (found >= 0) this.next = (found + 1) % this.past.length;
    else {
      this.past.push({ args, values: this.fields.map(({ name }) => uniform[name] ?? 0), dispatch });
      this.next = 0;
    }
    return dispatch;
  }

  forget(): void {
    this.past.length = 0;
    this.next = 0;
  }
}
