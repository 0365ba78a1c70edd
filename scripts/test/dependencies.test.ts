// Licences and advisories of packages.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { auditFaults, licenceFaults, shippedCount } from "./dependencies.ts";

const LOCK = readFileSync("package-lock.json", "utf8");
const lockOf = (one: object): string => JSON.stringify({ packages: { "": {}, "node_modules/a": one } });

test("every package has a licence of the list", () => {
  expect(licenceFaults(LOCK)).toEqual([]);
});

test("the README says how many packages the studio is built from", () => {
  expect(readFileSync("README.md", "utf8")).toContain(`${shippedCount(LOCK)} packages`);
});

test.each([
  [{ license: "GPL-3.0" }, 1],
  [{}, 1],
  [{ license: "MPL-2.0" }, 1],
  [{ license: "MPL-2.0", dev: true }, 0],
  [{ license: "GPL-3.0", dev: true }, 1],
  [{ license: "MIT" }, 0],
])("%j has %d faults", (one, faults) => {
  expect(licenceFaults(lockOf(one))).toHaveLength(faults);
});

test.each([
  ["", undefined],
  ['{"message": "405 Method Not Allowed", "error": {}}', undefined],
  ['{"vulnerabilities": {}}', []],
  ['{"vulnerabilities": {"a": {"severity": "low", "range": "1"}}}', []],
  [
    '{"vulnerabilities": {"a": {"severity": "high", "range": "<2"}}}',
    ["a <2: high advisory. Run npm audit, and update it."],
  ],
])("an audit that answers %s", (answer, faults) => {
  expect(auditFaults(answer)).toEqual(faults);
});
