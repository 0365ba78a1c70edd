// The registry: every op with its reference. Unit tests, GPU tests and the self-check all use this one list.
import { commonOps } from "./commonOps.ts";
import { hypernetOps } from "./hypernetOps.ts";
import { languageOps } from "./languageOps.ts";
import type { CheckedOp } from "./parity.ts";
import { weightOps } from "./weightOps.ts";

export const ops: readonly CheckedOp[] = [...commonOps, ...languageOps, ...hypernetOps, ...weightOps];
