// The arguments of npm run bench, and the table of --profile.
import { describe, expect, it, test } from "vitest";
import { readBenchArguments } from "./arguments.ts";
import { profileLines } from "./resultLines.ts";

describe("npm run bench", () => {
  it("measures everything without arguments", () => {
    expect(readBenchArguments([])).toEqual({ kind: "all", tokens: [128, 256], rounds: 7, host: "auto" });
  });

  it("takes a kind, a model, tokens, rounds and a file", () => {
    expect(readBenchArguments(["--profile"])).toEqual({ kind: "profile", tokens: [128], rounds: 3, host: "auto" });
    const given = [
      "--profile",
      "--model",
      "golden/llama",
      "--tokens",
      "64",
      "--rounds",
      "5",
      "--out",
      "p.json",
      "--host",
      "dawn",
    ];
    expect(readBenchArguments(given)).toEqual({
      ...{ kind: "profile", tokens: [64], rounds: 5, model: "golden/llama", out: "p.json", host: "dawn" },
    });
    expect(readBenchArguments(["--peers"])).toEqual({ kind: "peers", tokens: [64, 128], rounds: 5, host: "auto" });
    expect(readBenchArguments(["--peers", "--host", "dawn"]).host).toBe("dawn");
    expect(readBenchArguments(["--map"])).toMatchObject({ kind: "map", rounds: 3 });
    expect(readBenchArguments(["--export"]).kind).toBe("export");
    expect(readBenchArguments(["--real"])).toEqual({ kind: "real", tokens: [64], rounds: 10, host: "auto" });
    expect(readBenchArguments(["--large", "--only", "7b"])).toMatchObject({ kind: "large", only: "7b" });
    expect(readBenchArguments(["--import", "lab.json"])).toMatchObject({ kind: "import", file: "lab.json" });
  });

  it.each([
    [
      ["--profile", "--real"],
      /expected one of --profile, --peers, --map, --export, --real, --large, got --profile --real/,
    ],
    [["--tokens", "128,x"], /--tokens: expected whole numbers above 0, separated by commas, got "128,x"/],
    [["--tokens", "0"], /--tokens: expected whole numbers above 0/],
    [["--profile", "--tokens", "64,128"], /--tokens: expected one number with --profile, got "64,128"/],
    [["--rounds", "1.5"], /--rounds: expected a whole number above 0, got 1.5/],
    [["--steps", "3"], /--steps/],
    [["--host", "firefox"], /--host: expected auto, chromium, dawn, wgpu, got "firefox"/],
    [["--export", "--host", "dawn"], /--host: expected chromium with --export, .* got dawn/],
    [["--map", "--host", "wgpu"], /--host: expected chromium with --map, which measures a browser, got wgpu/],
  ])("refuses %j", (argv, message) => {
    expect(() => readBenchArguments(argv)).toThrow(message);
  });
});

test("a profile names every kernel with its share, and the sum", () => {
  const kernels = [
    { label: "linear backward", dispatches: 33, ms: 30 },
    { label: "adamW", dispatches: 1, ms: 10 },
  ];
  const figure = { adapter: "an adapter", matmul: "quad", model: "tiny", tokens: 32, steps: 3 };
  expect(profileLines({ ...figure, stepMs: { median: 42, min: 41, max: 44 }, kernels }).split("\n")).toEqual([
    "an adapter; tiny; matmul variant quad; training step of 32 tokens, medians of 3 steps",
    "42.0 (41.0 to 44.0) ms per step without timestamps",
    "kernel           dispatches        ms    share",
    "linear backward          33     30.00   75.0 %",
    "adamW                     1     10.00   25.0 %",
    "sum                      34     40.00  100.0 %",
    "",
  ]);
});
