// A plugin of vite's: the built studio gets its shaders without comments, indentation and spaces beside punctuation, which are a third of
// their bytes.
import type { Plugin } from "vite";
import { stripComments } from "../../src/shared/stripComments.ts";

/** Where a space never separates two tokens. Beside operators it may: "a / *p", "a - -b". */
const PUNCTUATION = / *([,;:{}()[\]]) */g;

/** WGSL without comments, indentation, empty lines and spaces beside punctuation. Lines stay: errors of compilers show them. */
export const plainShader = (code: string): string =>
  stripComments(code)
    .split("\n")
    .map((line) => line.trim().replace(PUNCTUATION, "$1"))
    .filter((line) => line !== "")
    .join("\n");

export function plainShaders(): Plugin {
  return {
    name: "plain-shaders",
    apply: "build",
    enforce: "pre",
    async load(id) {
      const [file = "", query] = id.split("?");
      if (!file.endsWith(".wgsl") || query !== "raw") return null;
      const code = await this.fs.readFile(file, { encoding: "utf8" });
      return `export default ${JSON.stringify(plainShader(code))};`;
    },
  };
}
