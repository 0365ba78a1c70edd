// @vitest-environment happy-dom
// What the recipe's form promises is true of every run.
import { createElement } from "react";
import { expect, it } from "vitest";
import { rendered } from "../../render.fixture.ts";
import { RecipeFields } from "./RecipeFields.tsx";

it("promises equal masks only for an equal recipe, text and target, since a target can be moved during a run", async () => {
  const page = await rendered(createElement(RecipeFields, { locked: false }));
  const hint = page.get("recipe-seed").closest(".field")?.textContent ?? "";
  for (const condition of ["seed", "recipe", "text", "target throughout", "this GPU"])
    expect(hint).toContain(condition);
});
