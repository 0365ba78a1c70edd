// A page is out of date if the server's page starts another script.
import { expect, it } from "vitest";
import { isOtherVersion } from "./linkOffline.ts";

it.each([
  ["./assets/index-a1.js", false],
  ["./assets/index-b2.js", true],
])("compares the names of scripts: %s", (script, other) => {
  expect(isOtherVersion('<script type="module" src="./assets/index-a1.js"></script>', script)).toBe(other);
});
