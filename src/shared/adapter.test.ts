// Names of adapters, and which of them compute on the CPU.
import { expect, it } from "vitest";
import { adapterName, isSoftwareAdapter } from "./adapter.ts";

it.each([
  [{ vendor: "google", architecture: "swiftshader", description: "" }, "google swiftshader", true],
  [{ vendor: "mesa", architecture: "", description: "llvmpipe (LLVM 15.0.6, 256 bits)" }, undefined, true],
  [{ vendor: "65541", architecture: "", description: "llvmpipe (LLVM 15)" }, "llvmpipe (LLVM 15)", true],
  [{ vendor: "microsoft", architecture: "", description: "Microsoft Basic Render Driver" }, undefined, true],
  [{ vendor: "nvidia", architecture: "hopper", description: "NVIDIA H200" }, "nvidia hopper NVIDIA H200", false],
  [{ vendor: "", architecture: "", description: "" }, "unknown adapter", false],
])("%j", (info, name, software) => {
  const found = adapterName(info);
  if (name !== undefined) expect(found).toBe(name);
  expect(isSoftwareAdapter(found)).toBe(software);
});
