// The documents agree with the tree: their links, the paths that they name, and the npm commands.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };

const DOCUMENTS = [
  ...["README.md", "ARCHITECTURE.md", "METHOD.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...[
    "golden/README.md",
    "shaders/README.md",
    "docs/commands.md",
    "docs/formats.md",
    "docs/scale.md",
    "bench/quality.md",
    "bench/README.md",
  ],
];
/** A path from the root of the repository, such as `src/engine/ctx.ts`; x stands for any name. */
const ROOTED = /`((?:src|scripts|shaders|bench|golden|public|docs|e2e)\/[\w./-]+)`/g;

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const anchorsIn = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

const firstGroups = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, group = ""]) => group)),
];

describe.each(DOCUMENTS)("%s", (document) => {
  const text = readFileSync(document, "utf8");

  test("links to what exists", () => {
    const broken = firstGroups(text, /\]\(([^)\s]+)\)/g)
      .filter((link) => !/^https?:/.test(link))
      .filter((link) => {
        const [path = "", anchor] = link.split("#");
        const file = path === "" ? document : join(dirname(document), path);
        return !existsSync(file) || (anchor !== undefined && !anchorsIn(file).includes(anchor));
      });
    expect(broken).toEqual([]);
  });

  test("names paths that exist", () => {
    const paths = firstGroups(text, ROOTED).filter((path) => !/(^|\/)x(\.|$)/.test(path));
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  test("names commands that exist", () => {
    const commands = firstGroups(text, /npm run (?:--silent )?([a-z][\w:]*)/g);
    expect(commands.filter((command) => !(command in manifest.scripts))).toEqual([]);
  });
});
