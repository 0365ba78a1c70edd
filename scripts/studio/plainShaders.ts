// A plugin of vite's: the built studio gets its shaders without comments and indentation, which are a third of their bytes.
import type { Plugin } from "vite";
import { stripComments } from "../../src/shared/stripComments.ts";

/** WGSL without comments, indentation and empty lines. */
export const plainShader = (code: string): string =>
  stripComments(code)
    .split("\n")
    .map((line) => line.trim())
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
