// The GPU itself: asking for it, its limits, error scopes, and what happens when it is lost.
import { SUPPORTED_BROWSERS } from "../../shared/browsers.ts";
import { EngineError, invariant } from "../errors.ts";
import { countingDevice } from "./countingDevice.ts";

/** Facts about the adapter for receipts, benchmarks and memory plans. Sizes in bytes. */
export interface AdapterFacts {
  name: string;
  /** True for an adapter that computes on the CPU (SwiftShader, lavapipe, WARP). */
  software: boolean;
  maxBufferBytes: number;
  maxBindingBytes: number;
  timestamps: boolean;
  /** Subgroups of exactly four invocations, in the order of their index: what the quad kernels are written for. */
  quads: boolean;
}

export interface GpuOptions {
  /** Lowers the binding limit, to test what a small device does. */
  maxBindingBytes?: number;
}

const WANTED_FEATURES: readonly GPUFeatureName[] = ["timestamp-query", "subgroups"];

export class Gpu {
  readonly device: GPUDevice;
  readonly facts: AdapterFacts;
  /** Resolves once, when the device is lost. */
  readonly lost: Promise<EngineError>;
  private destroyed = false;
  private uncaptured: EngineError | undefined;

  private constructor(device: GPUDevice, facts: AdapterFacts) {
    this.device = device;
    this.facts = facts;
    this.lost = device.lost.then((info) => this.lossError(info.reason, info.message));
    device.onuncapturederror = (event): void => {
      this.uncaptured ??= gpuError(event.error, "outside an error scope");
    };
  }

  /** A stand-in for an adapter of these facts, for plans: `onBuffer` hears of every buffer that would be made. */
  static counting(facts: AdapterFacts, onBuffer: (label: string, bytes: number) => void): Gpu {
    return new Gpu(countingDevice(onBuffer), facts);
  }

  /** Asks for the fastest adapter with its largest buffers. Throws EngineError("no-webgpu"). */
  static async open(options: GpuOptions = {}): Promise<Gpu> {
    const entry: GPU | undefined = typeof navigator === "undefined" ? undefined : navigator.gpu;
    invariant(
      entry,
      "no-webgpu",
      `This page needs WebGPU, and the browser does not offer it here. Use ${SUPPORTED_BROWSERS}, over https or on localhost.`,
    );
    const adapter = await entry.requestAdapter({ powerPreference: "high-performance" });
    invariant(
      adapter,
      "no-webgpu",
      "This browser has WebGPU but no adapter for it. Turn on hardware acceleration, update the graphics driver, or start Chrome with --enable-unsafe-webgpu.",
    );
    const bindingLimit = adapter.limits.maxStorageBufferBindingSize;
    const maxBindingBytes = Math.min(options.maxBindingBytes ?? bindingLimit, bindingLimit);
    const device = await adapter.requestDevice({
      label: "espalier",
      requiredFeatures: WANTED_FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: {
        maxBufferSize: adapter.limits.maxBufferSize,
        maxStorageBufferBindingSize: maxBindingBytes,
        maxStorageBuffersPerShaderStage: Math.min(adapter.limits.maxStorageBuffersPerShaderStage, 10),
        maxComputeWorkgroupStorageSize: Math.min(adapter.limits.maxComputeWorkgroupStorageSize, 32768),
      },
    });
    const { vendor, architecture, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
    const name = [vendor, architecture, description].filter(Boolean).join(" ") || "unknown adapter";
    return new Gpu(device, {
      name,
      software: /swiftshader|llvmpipe|lavapipe|basic render/i.test(name),
      maxBufferBytes: device.limits.maxBufferSize,
      // A device never has less than WebGPU's default, so a lower limit is kept here.
      maxBindingBytes: Math.min(maxBindingBytes, device.limits.maxStorageBufferBindingSize),
      timestamps: device.features.has("timestamp-query"),
      quads: device.features.has("subgroups") && subgroupMinSize === 4 && subgroupMaxSize === 4,
    });
  }

  /**
   * Runs `work` inside error scopes and waits for what the GPU process says of it. `undo` frees what `work` made where that is an error.
   * Throws EngineError: "out-of-memory", "shader" (validation) or "device-lost".
   */
  async checked<T>(what: string, work: () => T | Promise<T>, undo?: (made: T) => void): Promise<T> {
    const { device } = this;
    const filters = ["validation", "internal", "out-of-memory"] as const;
    for (const filter of filters) device.pushErrorScope(filter);
    let result: T | undefined;
    let thrown: unknown;
    try {
      result = await work();
    } catch (error) {
      thrown = error ?? new Error("unknown");
    }
    const found = (await Promise.all(filters.map(() => device.popErrorScope()))).find((error) => error !== null);
    if (thrown !== undefined) throw found ? gpuError(found, what) : thrown;
    try {
      if (found) throw gpuError(found, what);
      this.throwUncaptured();
      return result as T;
    } catch (error) {
      undo?.(result as T);
      throw error;
    }
  }

  /** Throws the first error that no scope caught, if any; a step loop calls it where it waits anyway. */
  throwUncaptured(): void {
    const error = this.uncaptured;
    this.uncaptured = undefined;
    if (error) throw error;
  }

  /** Resolves when all submitted work is done; rejects with EngineError("device-lost") when the device goes first. */
  async idle(): Promise<void> {
    const lost = await Promise.race([this.device.queue.onSubmittedWorkDone(), this.lost]);
    if (lost instanceof EngineError) throw lost;
    this.throwUncaptured();
  }

  destroy(): void {
    this.destroyed = true;
    this.device.destroy();
  }

  private lossError(reason: string, message: string): EngineError {
    const text = this.destroyed
      ? "The GPU device was closed by the program."
      : "The graphics device was lost (driver reset, sleep, or its process ended). What was computed is kept: reopen the GPU to resume from the last checkpoint.";
    return new EngineError("device-lost", text, { reason, message, closed: this.destroyed });
  }
}

function gpuError(error: GPUError, what: string): EngineError {
  if (error instanceof GPUOutOfMemoryError) {
    return new EngineError(
      "out-of-memory",
      `The GPU has no memory left for ${what}. Close other tabs, or choose half precision, a shorter context or a smaller model.`,
      { message: error.message },
    );
  }
  return new EngineError("shader", `The GPU refused ${what}: ${error.message}`, { message: error.message });
}
