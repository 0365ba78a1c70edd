// Licence identifiers are spelled as people write them.
import { expect, it } from "vitest";
import { licenceFact, licenceName } from "./licence.ts";

it.each([
  ["mit", "MIT"],
  ["apache-2.0", "Apache-2.0"],
  ["cc0-1.0", "CC0-1.0"],
  ["bsd-3-clause", "BSD-3-Clause"],
  ["llama3.2", "llama3.2"],
  ["not stated", "not stated"],
])("spells %s as %s", (identifier, name) => {
  expect(licenceName(identifier)).toBe(name);
});

it("names the licence where there is none", () => {
  expect([licenceFact("mit"), licenceFact("not stated")]).toEqual(["MIT", "licence not stated"]);
});
