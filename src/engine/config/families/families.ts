// Every family that the engine runs, by its model_type. A new family is a file and a line here.
import type { FamilyFile } from "./family.ts";
import { GEMMA } from "./gemma.ts";
import { GEMMA2 } from "./gemma2.ts";
import { GEMMA3 } from "./gemma3.ts";
import { GRANITE } from "./granite.ts";
import { LLAMA } from "./llama.ts";
import { MISTRAL } from "./mistral.ts";
import type { Family } from "../modelConfig.ts";
import { OLMO2 } from "./olmo2.ts";
import { OPT } from "./opt.ts";
import { PHI } from "./phi.ts";
import { PHI3 } from "./phi3.ts";
import { QWEN2 } from "./qwen2.ts";
import { QWEN3 } from "./qwen3.ts";
import { SMOLLM3 } from "./smollm3.ts";

export const FAMILIES: Readonly<Record<Family, FamilyFile>> = {
  llama: LLAMA,
  mistral: MISTRAL,
  gemma: GEMMA,
  qwen2: QWEN2,
  qwen3: QWEN3,
  opt: OPT,
  phi: PHI,
  smollm3: SMOLLM3,
  granite: GRANITE,
  olmo2: OLMO2,
  gemma3_text: GEMMA3,
  phi3: PHI3,
  gemma2: GEMMA2,
};

/** The family of a model_type; undefined if the engine does not run it. */
export function familyOf(modelType: string): FamilyFile | undefined {
  return Object.entries(FAMILIES).find(([name]) => name === modelType)?.[1];
}
