// One op, one stem: an op's shader, launcher, reference, cases and kernel labels share one name, and no file is left over.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ops } from "./index.ts";

const OPS = "src/engine/ops";
const SHADERS = "shaders";

/** "rope" of "rope", "gate" of "gate: add". */
const stemOf = (name: string): string => name.split(": ")[0] ?? "";
const snakeCase = (stem: string): string => stem.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const stems = [...new Set(ops.map(({ name }) => stemOf(name)))];

const textOf = (path: string): string => readFileSync(path, "utf8");
const filesOf = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" });
const sources = filesOf(OPS).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
const shaders = filesOf(SHADERS).filter((file) => file.endsWith(".wgsl"));

/** Everything that looks like a reference, by the stem of the file that exports it. */
const modules: Record<string, Record<string, unknown>> = import.meta.glob("../*.ref.ts", { eager: true });
const references = Object.entries(modules).flatMap(([path, exported]) =>
  Object.values(exported).flatMap((value) => {
    const ref = value as { name: string; cases?: readonly { name: string }[] };
    return ref.cases ? [{ stem: path.slice("../".length, -".ref.ts".length), name: ref.name, cases: ref.cases }] : [];
  }),
);

/** A launcher with the files of the kit that it imports: attention's kernels are in one of them. */
function launcherTexts(stem: string): string[] {
  const launcher = textOf(`${OPS}/${stem}.ts`);
  const kit = [...launcher.matchAll(/from "\.\/(kit\/\w+\.ts)"/g)].map(([, file]) => textOf(`${OPS}/${file ?? ""}`));
  return [launcher, ...kit];
}

describe.each(stems)("%s", (stem) => {
  const shader = existsSync(`${SHADERS}/${snakeCase(stem)}`) ? `${snakeCase(stem)}/` : `${snakeCase(stem)}.wgsl`;

  test("has a shader of its name, which its launcher imports", () => {
    expect(existsSync(`${SHADERS}/${shader}`)).toBe(true);
    expect(launcherTexts(stem).some((text) => text.includes(`/${SHADERS}/${shader}`))).toBe(true);
  });

  test("has a reference of its name, with cases", () => {
    const own = references.filter((reference) => reference.stem === stem);
    expect(own.length).toBeGreaterThan(0);
    for (const { name, cases } of own) {
      expect(stemOf(name)).toBe(stem);
      expect(cases.length).toBeGreaterThan(0);
    }
  });

  test("labels its kernels with its name", () => {
    const made = /(?:kernelOf|rowKernel|wideRowKernel|blockKernel|columnKernel)\(\s*"(\w+)"/g;
    const labels = launcherTexts(stem).flatMap((text) => [...text.matchAll(made)].map(([, label]) => label));
    expect(labels.length).toBeGreaterThan(0);
    expect(new Set(labels)).toEqual(new Set([stem]));
  });
});

test("names differ, and those of the cases of an op too", () => {
  expect(new Set(ops.map(({ name }) => name)).size).toBe(ops.length);
  for (const { cases } of ops) expect(new Set(cases).size).toBe(cases.length);
});

describe("nothing is left over", () => {
  test("every reference is registered, with all its cases", () => {
    const registered = ops.map(({ name, cases }) => [name, [...cases]] as const);
    expect(new Map(references.map(({ name, cases }) => [name, cases.map((one) => one.name)]))).toEqual(
      new Map(registered),
    );
  });

  test("every launcher and every reference file belongs to a registered op", () => {
    const files = sources.filter((file) => !file.includes("/")).map((file) => file.replace(/(\.ref)?\.ts$/, ""));
    expect([...new Set(files)].sort()).toEqual([...stems].sort());
  });

  test("every shader belongs to a registered op", () => {
    const own = shaders.filter((file) => !file.startsWith("lib/")).map((file) => file.replace(/(\/.*)?(\.wgsl)?$/, ""));
    expect([...new Set(own)].sort()).toEqual(stems.map(snakeCase).sort());
  });

  test("every WGSL file is imported", () => {
    const imported = sources.flatMap((file) =>
      [...textOf(`${OPS}/${file}`).matchAll(/\/shaders\/([\w/]+\.wgsl)\?raw/g)].map(([, shader]) => shader),
    );
    expect(new Set(imported)).toEqual(new Set(shaders));
  });
});
