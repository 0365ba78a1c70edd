// Addresses of models as users type them: names, pages of the hub, folders and files; and what is refused.
import { describe, expect, it } from "vitest";
import { EngineError } from "../../errors.ts";
import { addressName, addressText, readAddress } from "./address.ts";

const repo = (name: string, revision = "main", file?: string): object => ({
  kind: "repo",
  repo: name,
  revision,
  ...(file ? { file } : {}),
});

describe("readAddress", () => {
  it.each([
    ["facebook/opt-125m", repo("facebook/opt-125m")],
    ["  hf://facebook/opt-125m ", repo("facebook/opt-125m")],
    ["facebook/opt-125m@refs/pr/3", repo("facebook/opt-125m", "refs/pr/3")],
    ["huggingface.co/facebook/opt-125m", repo("facebook/opt-125m")],
    ["https://huggingface.co/facebook/opt-125m/", repo("facebook/opt-125m")],
    ["https://huggingface.co/facebook/opt-125m/discussions/4", repo("facebook/opt-125m")],
    ["https://hf.co/facebook/opt-125m/tree/refs%2Fpr%2F3", repo("facebook/opt-125m", "refs/pr/3")],
    ["https://huggingface.co/a/b/resolve/27dcfa7/model.safetensors?download=true", repo("a/b", "27dcfa7")],
    ["https://huggingface.co/a/b/blob/main/q/b-Q4_1.gguf", repo("a/b", "main", "q/b-Q4_1.gguf")],
    ["a/b/b.Q8_0.gguf", repo("a/b", "main", "b.Q8_0.gguf")],
    ["http://localhost:8080/models/tiny", { kind: "folder", url: "http://localhost:8080/models/tiny/" }],
    ["https://example.org/tiny/config.json?x=1#y", { kind: "folder", url: "https://example.org/tiny/" }],
    ["https://example.org/", { kind: "folder", url: "https://example.org/" }],
    ["https://example.org/a/tiny.gguf?token=1", { kind: "file", url: "https://example.org/a/tiny.gguf?token=1" }],
  ])("reads %s", (text, address) => {
    expect(readAddress(text)).toEqual(address);
    // the text of an address reads as the same address
    expect(readAddress(addressText(readAddress(text)))).toEqual(address);
  });

  it.each([
    ["", /got "", which is empty/],
    ["gpt2", /organisation\/model/],
    ["a/b/c", /which is neither/],
    ["http://example.org/tiny/", /not https/],
    ["ftp://example.org/tiny/", /not https/],
    ["https://me:secret@example.org/tiny/", /password/],
    ["https://huggingface.co/datasets/a/b", /datasets, not a model/],
    ["https://huggingface.co/facebook", /which is not a model/],
  ])("refuses %s", (text, why) => {
    expect(() => readAddress(text)).toThrow(why);
    expect(() => readAddress(text)).toThrow(EngineError);
  });
});

describe("addressName", () => {
  it.each([
    ["facebook/opt-125m", "opt-125m"],
    ["a/b/q/b-Q4_1.gguf", "b-Q4_1"],
    ["https://example.org/my%20model/", "my model"],
    ["https://example.org/", "model"],
  ])("of %s", (text, name) => {
    expect(addressName(readAddress(text))).toBe(name);
  });
});

it.each(["https://a.example/%zz/", "https://a.example/%", "https://huggingface.co/a/b/blob/%zz/m.gguf"])(
  "%s has a broken encoding, which is taken as it is",
  (typed) => {
    const address = readAddress(typed);
    expect(addressName(address)).not.toBe("");
    expect(addressText(address)).toContain("%");
  },
);
