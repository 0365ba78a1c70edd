// The commands of a step: dispatches are encoded one after another, and submitted in parts that no adapter takes too long for.
import type { Gpu } from "./device.ts";
import type { Dispatch } from "./pastDispatches.ts";
import type { Profile } from "./profile.ts";

/** Floating-point operations per submit: half a second of work on a software adapter, a tenth of a second on a small graphics card. */
const SUBMIT_FLOP = { software: 2e9, hardware: 1e11 };

export class StepCommands {
  private readonly gpu: Gpu;
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  /** Floating-point operations encoded since the last submit. */
  private flop = 0;

  constructor(gpu: Gpu) {
    this.gpu = gpu;
  }

  /** Encodes a dispatch: in a pass with the others, or in one of its own where `profile` times each. */
  encode({ label, pipeline, bindings, uniform, groups }: Dispatch, profile: Profile | undefined): void {
    this.encoder ??= this.gpu.device.createCommandEncoder({ label: "step" });
    const each = profile?.per === "dispatch" ? profile : undefined;
    const pass = each
      ? this.encoder.beginComputePass(each.stamps(label))
      : (this.pass ??= this.encoder.beginComputePass(profile?.stamps("step") ?? { label: "step" }));
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    if (uniform) pass.setBindGroup(1, uniform);
    pass.dispatchWorkgroups(...groups);
    if (each) pass.end();
  }

  /** Counts arithmetic that was encoded; returns whether so much waits that it should be submitted. */
  spend(flop: number): boolean {
    this.flop += flop;
    return this.flop >= (this.gpu.facts.software ? SUBMIT_FLOP.software : SUBMIT_FLOP.hardware);
  }

  /** Submits what was encoded since the last call. */
  submit(profile: Profile | undefined): void {
    this.pass?.end();
    this.pass = undefined;
    this.flop = 0;
    if (!this.encoder) return;
    profile?.resolve(this.encoder);
    this.gpu.answers.submit(this.encoder.finish());
    this.encoder = undefined;
  }

  /** Forgets what was not submitted, after a step that failed. */
  drop(): void {
    this.encoder = undefined;
    this.pass = undefined;
    this.flop = 0;
  }
}
