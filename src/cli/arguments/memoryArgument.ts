// --memory-gb: the memory of the GPU that a plan has to fit into.
import { optionalNumber, type Values } from "./arguments.ts";
import { UsageError } from "./usageError.ts";

/** For parseValues. */
export const MEMORY_OPTIONS = { "memory-gb": { type: "string" } } as const;

const GIGA = 1e9;

/** The memory in bytes, if it is given. Throws a UsageError for a number that is not above 0. */
export function readMemoryArgument(values: Values): { memoryBytes?: number } {
  const memory = optionalNumber(values, "memory-gb");
  if (memory === undefined) return {};
  if (!(memory > 0)) throw new UsageError(`--memory-gb: expected a number above 0, got ${memory}`);
  return { memoryBytes: memory * GIGA };
}
