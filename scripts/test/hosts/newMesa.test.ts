// Where apt gets Debian's packages from.
import { expect, test } from "vitest";
import { mirrorIn } from "./newMesa.ts";

test.each([
  ["Types: deb\n# https://old/debian\nURIs: http://mirror/debian\nSuites: bookworm\n", "http://mirror/debian"],
  ["# deb http://old/debian sid main\ndeb https://mirror/debian/ bookworm main\n", "https://mirror/debian/"],
  ["deb [signed-by=/usr/share/k.gpg arch=amd64] http://mirror/debian bookworm main\n", "http://mirror/debian"],
])("a mirror of Debian in %j", (sources, mirror) => {
  expect(mirrorIn(sources)).toBe(mirror);
});

test("none in sources of other systems, or of security updates alone", () => {
  expect(mirrorIn("deb http://mirror/ubuntu noble main\nURIs: http://mirror/debian-security\n")).toBeUndefined();
  expect(mirrorIn("")).toBeUndefined();
});
