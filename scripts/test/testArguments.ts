// The arguments of npm test: which parts run, and which tests of a part.

/** All parts; lanes.ts says which run together. */
export const TEST_PARTS = [
  ...(["types", "lint", "format", "unit", "gpu"] as const),
  ...(["dawn", "wgpu", "matrices", "python", "e2e"] as const),
] as const;
export type Part = (typeof TEST_PARTS)[number];

/** Parts that run single tests by a pattern, and those of them that watch the files. */
const WITH_PATTERN: readonly Part[] = ["unit", "gpu", "e2e"];
const WITH_WATCH: readonly Part[] = ["unit", "gpu"];

export const TEST_USAGE = `usage: npm test                                 all parts: ${TEST_PARTS.join(", ")}
       npm test -- PART [PART ...]              these parts
       npm test -- unit|gpu|e2e PATTERN         the tests of one part whose path or name contains PATTERN; upper and lower case are alike
       npm test -- unit|gpu [PATTERN] --watch   runs them again whenever a file that they import changes
  A pattern with a "/" is compared with paths only, which is faster. The name of a part is never a pattern: write a longer part of the path.
  Examples: npm test -- unit shared/format    npm test -- gpu gelu --watch    npm test -- e2e studio`;

export interface TestArguments {
  parts: readonly Part[];
  /** Which tests of the only part. */
  pattern?: string;
  watch: boolean;
}

const isPart = (word: string): word is Part => TEST_PARTS.some((part) => part === word);

/** Throws an Error that says what was expected. */
export function readTestArguments(words: readonly string[]): TestArguments {
  const flag = words.find((word) => word.startsWith("-") && word !== "--watch");
  if (flag !== undefined) throw new Error(`expected --watch or no option, got "${flag}"`);
  const watch = words.includes("--watch");
  const named = words.filter((word) => word !== "--watch");
  const parts = named.filter(isPart);
  const [pattern, ...more] = named.filter((word) => !isPart(word));
  const [first] = named;
  if (pattern !== undefined && pattern === first)
    throw new Error(`expected one of ${TEST_PARTS.join(", ")}, got "${pattern}"`);
  if (more.length > 0)
    throw new Error(`expected one pattern, got "${[pattern, ...more].join('", "')}"; quote a pattern with spaces`);
  if (pattern !== undefined) needs(WITH_PATTERN, parts, `before the pattern "${pattern}"`);
  if (watch) needs(WITH_WATCH, parts, "with --watch");
  const chosen = named.length === 0 ? TEST_PARTS : TEST_PARTS.filter((part) => parts.includes(part));
  return { parts: chosen, watch, ...(pattern === undefined ? {} : { pattern }) };
}

function needs(able: readonly Part[], parts: readonly Part[], where: string): void {
  const [only, ...others] = parts;
  if (only === undefined || others.length > 0 || !able.includes(only))
    throw new Error(`expected one of ${able.join(", ")} ${where}, got "${parts.join(" ")}"`);
}
