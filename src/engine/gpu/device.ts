// The GPU device: opening it, its limits, error scopes, and losing it.
import { adapterName, isSoftwareAdapter } from "../../shared/adapter.ts";
import { SUPPORTED_BROWSERS } from "../../shared/browsers.ts";
import { EngineError, invariant } from "../errors.ts";
import { AnswerWatch } from "./answerWatch.ts";
import { countingDevice } from "./countingDevice.ts";
import { type MatrixUnit, matrixUnitOf, SUBGROUP_MATRICES } from "./matrixUnits.ts";

/** Facts about the adapter, for receipts, benchmarks and memory plans. */
export interface AdapterFacts {
  name: string;
  /** True for an adapter that computes on the CPU (SwiftShader, lavapipe, WARP). */
  software: boolean;
  maxBufferBytes: number;
  maxBindingBytes: number;
  /** Workgroup memory that a kernel may use. */
  workgroupBytes: number;
  /** Whether kernels can be timed. */
  timestamps: boolean;
  /** Whether subgroups are exactly four invocations, in index order, as the quad kernels need. */
  quads: boolean;
  /** Whether kernels may compute with halves (the feature shader-f16). */
  shaderF16: boolean;
  /** Fewest and most invocations of a subgroup; both 0 without the feature subgroups. */
  subgroupMin: number;
  subgroupMax: number;
  /** Products of small matrices that a subgroup computes, where the adapter has a matrix unit and the browser offers it. */
  matrixUnit?: MatrixUnit;
}

export interface GpuOptions {
  /** Lowers the binding limit, to test small devices. */
  maxBindingBytes?: number;
  /** For tests: replaces facts of the adapter, and with them the choice of kernels. Name only what the device can do. */
  facts?: Partial<AdapterFacts>;
}

/** Takes the kernels of graphics cards on a software adapter too, to check them there. */
export const AS_CARD: Partial<AdapterFacts> = { software: false, quads: false };

/** How long the report of a lost device may come after promises that it rejects. */
const LOSS_MS = 1000;

const WANTED_FEATURES = ["timestamp-query", "subgroups", "shader-f16", SUBGROUP_MATRICES] as readonly GPUFeatureName[];

export class Gpu {
  readonly device: GPUDevice;
  readonly facts: AdapterFacts;
  /** Resolves when the device is lost. */
  readonly lost: Promise<EngineError>;
  /** Submits commands, and gives the device up where it finishes none of them. */
  readonly answers = new AnswerWatch(this);
  private destroyed = false;
  private abandoned: string | undefined;
  private uncaptured: EngineError | undefined;
  private loss: EngineError | undefined;
  /** Told of the loss of the device, each until its own work has ended. */
  private readonly waiting = new Set<(loss: EngineError) => void>();
  /** Errors of the GPU so far: whatever was made before one of them may be invalid. */
  failures = 0;

  private constructor(device: GPUDevice, facts: AdapterFacts) {
    this.device = device;
    this.facts = facts;
    this.lost = device.lost.then((info) => {
      this.loss = this.lossError(info.reason, info.message);
      for (const tell of this.waiting) tell(this.loss);
      return this.loss;
    });
    device.onuncapturederror = (event): void => {
      this.failures += 1;
      this.uncaptured ??= gpuError(event.error, "this work");
    };
  }

  /** A stand-in for an adapter with these facts, for plans. `onBuffer` is called for every buffer that would be made. */
  static counting(facts: AdapterFacts, onBuffer: (label: string, bytes: number) => void): Gpu {
    return new Gpu(countingDevice(onBuffer), facts);
  }

  /** Opens the fastest adapter with the largest buffers that it allows. Throws EngineError("no-webgpu"). */
  static async open(options: GpuOptions = {}): Promise<Gpu> {
    const entry: GPU | undefined = typeof navigator === "undefined" ? undefined : navigator.gpu;
    invariant(
      entry,
      "no-webgpu",
      `This page needs WebGPU, which this browser does not offer here. Use ${SUPPORTED_BROWSERS}, over https or on localhost.`,
    );
    const adapter = await entry.requestAdapter({ powerPreference: "high-performance" });
    invariant(
      adapter,
      "no-webgpu",
      "This browser has WebGPU but found no adapter. Turn on hardware acceleration, update the graphics driver, or start Chrome with --enable-unsafe-webgpu.",
    );
    invariant(
      "info" in adapter,
      "no-webgpu",
      `The WebGPU of this browser is too old: it does not say what its adapter is. Use ${SUPPORTED_BROWSERS}.`,
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
    const subgroups = device.features.has("subgroups");
    const subgroupMin = subgroups ? adapter.info.subgroupMinSize : 0;
    const subgroupMax = subgroups ? adapter.info.subgroupMaxSize : 0;
    const shaderF16 = device.features.has("shader-f16");
    const matrices = subgroups && device.features.has(SUBGROUP_MATRICES);
    const matrixUnit = matrices ? matrixUnitOf(adapter.info, shaderF16) : undefined;
    const name = adapterName(adapter.info);
    return new Gpu(device, {
      name,
      software: isSoftwareAdapter(name),
      maxBufferBytes: device.limits.maxBufferSize,
      // No device has less than WebGPU's default limit, so a lower one is only recorded here.
      maxBindingBytes: Math.min(maxBindingBytes, device.limits.maxStorageBufferBindingSize),
      workgroupBytes: device.limits.maxComputeWorkgroupStorageSize,
      timestamps: device.features.has("timestamp-query"),
      quads: subgroupMin === 4 && subgroupMax === 4,
      shaderF16,
      subgroupMin,
      subgroupMax,
      ...(matrixUnit ? { matrixUnit } : {}),
      ...options.facts,
    });
  }

  /**
   * Runs `work` inside error scopes and waits for the GPU's verdict. If that is an error, `undo` frees what `work` made.
   * Throws EngineError "out-of-memory", "shader" (validation) or "device-lost".
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
    // a lost device rejects these, before or after it is reported as lost
    const found = await Promise.all(filters.map(() => device.popErrorScope())).then(
      (errors) => errors.find((error) => error !== null),
      async (error: unknown) => {
        throw await this.lossOr(EngineError.from(thrown ?? error));
      },
    );
    if (found) this.failures += 1;
    if (thrown !== undefined) throw found ? gpuError(found, what) : thrown;
    try {
      if (found) throw gpuError(found, what);
      // a lost device finds no fault with what it never did
      if (this.loss) throw this.loss;
      this.throwUncaptured();
      return result as T;
    } catch (error) {
      undo?.(result as T);
      throw error;
    }
  }

  /** Throws the first error that no scope caught, if any. Called where a step loop waits anyway. */
  throwUncaptured(): void {
    const error = this.uncaptured;
    this.uncaptured = undefined;
    if (error) throw error;
  }

  /** Resolves when all submitted work is done. Rejects with EngineError("device-lost") if the device is lost first. */
  async idle(): Promise<void> {
    const done = this.device.queue.onSubmittedWorkDone();
    const lost = await this.orLost(done.catch((error: unknown) => this.lossOr(EngineError.from(error))));
    if (lost instanceof EngineError) throw lost;
    this.throwUncaptured();
  }

  /**
   * The outcome of `work`, or the loss of the device if that comes first. `Promise.race` with `lost` would keep every call in memory for as
   * long as the device is there.
   */
  async orLost<T>(work: Promise<T>): Promise<T | EngineError> {
    if (this.loss) return this.loss;
    let tell: (loss: EngineError) => void = () => undefined;
    const lost = new Promise<EngineError>((resolve) => (tell = resolve));
    this.waiting.add(tell);
    return Promise.race([work, lost]).finally(() => this.waiting.delete(tell));
  }

  /** The loss of the device if it is reported within a moment, else the given error: a rejected promise of WebGPU may be either. */
  async lossOr(error: EngineError): Promise<EngineError> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = new Promise<EngineError>((resolve) => {
      timer = setTimeout(() => resolve(error), LOSS_MS);
    });
    const found = await this.orLost(later);
    clearTimeout(timer);
    return found;
  }

  /** Gives up a device that does not answer: it then counts as lost, and everything that waits for it ends. */
  abandon(reason: string): void {
    this.abandoned ??= reason;
    this.device.destroy();
  }

  destroy(): void {
    this.destroyed = true;
    this.device.destroy();
  }

  private lossError(reason: string, message: string): EngineError {
    const text = this.destroyed
      ? "The GPU device was closed."
      : this.abandoned !== undefined
        ? `${this.abandoned} Checkpoints are kept: reopen the GPU to resume from the last checkpoint.`
        : "The graphics device was lost (a driver reset, sleep, or the end of its process). Checkpoints are kept: reopen the GPU to resume from the last checkpoint.";
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
