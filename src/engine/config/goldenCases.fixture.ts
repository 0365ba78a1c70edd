// The golden cases of whole models, a family or a variant of one each. Tests of every family take them from here.

const CASES = [
  ...["llama", "llama3", "mistral", "gemma", "qwen2", "qwen3", "opt", "opt350", "phi"],
  ...["gemma2", "phi3", "gemma3_text", "olmo2", "granite", "smollm3"],
];

/** Names of the folders in golden/, without those that a test leaves out. */
export const goldenCases = (...without: readonly string[]): string[] => CASES.filter((name) => !without.includes(name));
