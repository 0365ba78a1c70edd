// What the build removes from shaders changes nothing that a launcher reads from them.
import { expect, it } from "vitest";
import { plainShader } from "./plainShaders.ts";

it("removes comments, indentation, empty lines and spaces beside punctuation only", () => {
  const code = `// y = x\n@compute @workgroup_size(64)\nfn f() {\n  /* a note\n     on two lines */\n\n  let y = x; // f32\n}\n`;
  expect(plainShader(code)).toBe("@compute @workgroup_size(64)\nfn f(){\nlet y = x;\n}");
});

it("keeps spaces that separate tokens", () => {
  const code = "let a = b - -c;\nlet d = array<vec4<f32>, 4>(e) ;\nif (x < -y && *p == (z & 1u)) { y += w / *q; }\n";
  expect(plainShader(code)).toBe(
    "let a = b - -c;\nlet d = array<vec4<f32>,4>(e);\nif(x < -y && *p ==(z & 1u)){y += w / *q;}",
  );
});
