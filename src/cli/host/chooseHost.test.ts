// Which host --host asks for, with a stand-in for the probe of Dawn.
import { describe, expect, it } from "vitest";
import { asksForWgpu, readHostArgument } from "../arguments/hostArguments.ts";
import { UsageError } from "../arguments/usageError.ts";
import { chooseHost } from "./chooseHost.ts";

const card = { adapter: "nvidia hopper NVIDIA H200", software: false };
const unasked = (): never => {
  throw new Error("the probe was asked");
};

describe("--host auto", () => {
  it("takes Dawn on a graphics card, without a note", () => {
    expect(chooseHost("auto", () => card)).toEqual({ kind: "dawn" });
  });

  it.each([
    [{ adapter: "google swiftshader", software: true }, /only a software adapter \(google swiftshader\)/],
    [{ reason: "it found no adapter" }, /cannot be used here \(it found no adapter\)/],
    [{ reason: "Cannot find module 'webgpu'" }, /Cannot find module 'webgpu'/],
  ])("takes Chromium for %j, and says why", (found, note) => {
    expect(chooseHost("auto", () => found)).toEqual({ kind: "chromium", note: expect.stringMatching(note) as string });
  });
});

it.each(["chromium", "dawn", "wgpu"] as const)("--host %s is taken without asking the probe", (choice) => {
  expect(chooseHost(choice, unasked)).toEqual({ kind: choice });
});

describe("the argument", () => {
  it("is auto where it is missing", () => {
    expect([readHostArgument({}), readHostArgument({ host: "dawn" })]).toEqual(["auto", "dawn"]);
  });

  it.each(["", "Dawn", "node"])('"%s" is refused', (host) => {
    expect(() => readHostArgument({ host })).toThrow(UsageError);
    expect(() => readHostArgument({ host })).toThrow(`--host: expected auto, chromium, dawn, wgpu, got "${host}"`);
  });

  it.each([
    [["--host", "wgpu"], true],
    [["--model", "m", "--host=wgpu", "--unknown"], true],
    [["--host", "dawn"], false],
    [["--model", "wgpu"], false],
    [[], false],
  ])("%j asks for Deno: %s", (args, asks) => {
    expect(asksForWgpu(args)).toBe(asks);
  });
});
