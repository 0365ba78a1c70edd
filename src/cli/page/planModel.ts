// Plans the memory of a model from its config alone. Bundled for Node, where it needs no GPU: it counts.
import {
  type AdapterFacts,
  choosePlan,
  fileDtypes,
  type MemoryPlan,
  type PlanChoice,
  readConfig,
  slowdownOf,
  type Weights,
} from "../../engine/index.ts";

export interface PlanRequest {
  name: string;
  /** The contents of config.json. */
  config: unknown;
  choice: PlanChoice;
  /** The tensors of the model's file, if it is GGUF. */
  stored?: Weights;
}

/** A plan as JSON. */
export interface PlanLine {
  recompute: MemoryPlan["recompute"];
  compact: boolean;
  totalBytes: number;
  fits: boolean;
  /** Matmuls of a step, in relation to one that computes nothing twice. */
  slowdown: number;
}

export interface PlanAnswer
  extends PlanLine, Pick<MemoryPlan, "trainingTokens" | "evaluationTokens" | "parts" | "largest"> {
  model: string;
  /** Fastest first; the plan is the first that fits, else the smallest. */
  choices: PlanLine[];
}

/** What graphics cards allow in Chrome: buffers of 4 GiB, and bindings of 2. */
const CARD: AdapterFacts = {
  ...{ name: "a graphics card", software: false, timestamps: false, quads: false, shaderF16: true },
  ...{
    maxBufferBytes: 2 ** 32,
    maxBindingBytes: 2 ** 31 - 4,
    workgroupBytes: 32_768,
    subgroupMin: 32,
    subgroupMax: 32,
  },
};

/** WebGPU's constants, which Node lacks. Nothing reads their values where nothing is allocated. */
function defineConstants(): void {
  const usage = { STORAGE: 128, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, MAP_READ: 1 };
  for (const [name, value] of Object.entries({ GPUBufferUsage: usage, GPUShaderStage: { COMPUTE: 4 } }))
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value });
}

/** Throws "config" and "unsupported" for the config. */
export async function planModel({ name, config: read, choice, stored }: PlanRequest): Promise<PlanAnswer> {
  defineConstants();
  const config = readConfig(read);
  const { plan, choices } = await choosePlan(CARD, {
    name,
    config,
    choice,
    ...(stored ? { dtypes: fileDtypes(config, stored) } : {}),
  });
  const lineOf = (one: MemoryPlan): PlanLine => {
    const { recompute, compact, totalBytes, fits } = one;
    return { recompute, compact, totalBytes, fits, slowdown: Number(slowdownOf(one, choices).toFixed(3)) };
  };
  const { trainingTokens, evaluationTokens, parts, largest } = plan;
  return {
    model: name,
    trainingTokens,
    evaluationTokens,
    ...lineOf(plan),
    parts,
    largest,
    choices: choices.map(lineOf),
  };
}
