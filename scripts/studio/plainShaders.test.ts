// What the build removes from shaders changes nothing that a launcher reads from them.
import { expect, it } from "vitest";
import { plainShader } from "./plainShaders.ts";

it("removes comments, indentation and empty lines only", () => {
  const code = `// y = x\n@compute @workgroup_size(64)\nfn f() {\n  /* a note\n     on two lines */\n\n  let y = x; // f32\n}\n`;
  expect(plainShader(code)).toBe("@compute @workgroup_size(64)\nfn f() {\nlet y = x;\n}");
});
