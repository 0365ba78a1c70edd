// Which program opens the browser on which system, and when none does.
import { expect, test } from "vitest";
import { openCommand } from "./openCommand.ts";

const ADDRESS = "http://localhost:4173/";

test.each([
  ["darwin", {}, "open"],
  ["win32", {}, "cmd"],
  ["linux", { DISPLAY: ":0" }, "xdg-open"],
  ["linux", { WAYLAND_DISPLAY: "wayland-0" }, "xdg-open"],
] as const)("%s with %o uses %s", (platform, env, file) => {
  const command = openCommand(platform, env, ADDRESS);
  expect(command?.file).toBe(file);
  expect(command?.args.at(-1)).toBe(ADDRESS);
});

test.each([
  ["linux without a display", "linux", {}],
  ["a remote shell", "linux", { DISPLAY: ":10", SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" }],
  ["CI", "darwin", { CI: "true" }],
  ["BROWSER=none", "darwin", { BROWSER: "none" }],
] as const)("nothing is opened: %s", (_, platform, env) => {
  expect(openCommand(platform, env, ADDRESS)).toBeUndefined();
});
