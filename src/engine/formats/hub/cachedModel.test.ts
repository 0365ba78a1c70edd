// What counts as a model and what is refused: web pages, pointers, damaged files, gated and misspelt repositories; and which files are fetched.
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { companionFiles } from "../export/exportFiles.ts";
import { memoryFolder } from "../files/memoryFolder.ts";
import {
  atWeights,
  expectModel,
  hub,
  memoryStore,
  MODEL,
  onlyLater,
  open,
  plain,
  refused,
  served,
  SIZE,
  WEIGHTS,
} from "./hub.fixture.ts";

describe("answers that are not the file", () => {
  it.each(["text/html; charset=utf-8", "application/octet-stream"])(
    "refuses a page of type %s instead of weights",
    async (type) => {
      const store = memoryStore();
      const server = await hub(
        {},
        atWeights({ kind: "page", type }, () => true),
      );
      const error = await refused(open(server, "org/tiny", { store }));
      expect(error.message).toMatch(/model\.safetensors.*(a web page|size: expected)/);
      expect((store.files.get(WEIGHTS) ?? Buffer.alloc(0)).toString("latin1")).not.toContain("<html");
      expect(await refused(open(server, "org/tiny", { store, refresh: false }))).toMatchObject({ code: "network" });
    },
  );

  it("refuses a page instead of a folder's weights, early or late", async () => {
    const page = { kind: "page", type: "application/octet-stream" } as const;
    const early = await plain(atWeights(page, () => true));
    expect((await refused(open(early))).message).toMatch(/expected model\.safetensors or .*, got neither/);
    const late = await plain(atWeights({ kind: "page", type: "text/html" }, onlyLater));
    expect((await refused(open(late))).message).toMatch(/expected the file, got a web page \(text\/html\)/);
    const first = await plain(() => page);
    expect((await refused(open(first))).message).toMatch(
      /config\.json.*expected the file, got a web page\..*open it in the browser/,
    );
  });

  it("refuses a pointer of Git LFS", async () => {
    const server = await plain();
    server.files.set("m/config.json", Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"));
    expect((await refused(open(server))).message).toMatch(/pointer of Git LFS/);
  });

  it("deletes a file whose SHA-256 is wrong, and fetches it again when asked again", async () => {
    const server = await hub(
      {},
      atWeights({ kind: "damage", at: SIZE - 5 }, () => true),
    );
    const store = memoryStore();
    const error = await refused(open(server, "org/tiny", { store }));
    expect(error.code).toBe("network");
    expect(error.message).toMatch(
      /model\.safetensors of org\/tiny: SHA-256: expected [0-9a-f]{64}, got [0-9a-f]{64}\. The damaged file was deleted/,
    );
    expect(store.files.has(WEIGHTS)).toBe(false);
    server.fault = () => undefined;
    await expectModel(await open(server, "org/tiny", { store }));
  });
});

describe("the hub", () => {
  it("fetches what its list names at one commit, through redirects, and nothing else", async () => {
    const files = {
      ...MODEL,
      "README.md": Buffer.from("---\nlicense: mit\n---\n"),
      "pytorch_model.bin": Buffer.alloc(9),
      "LICENSE.txt": Buffer.from("free"),
    };
    const elsewhere = await served({ "cdn/blob": MODEL[WEIGHTS]! }, () => undefined);
    const server = await hub(
      { files },
      atWeights({ kind: "redirect", to: `${elsewhere.address}cdn/blob` }, () => true),
    );
    const folder = await open(server, "org/tiny");
    await expectModel(folder);
    expect([...folder.list()].sort()).toEqual(
      ["LICENSE.txt", "README.md", "config.json", WEIGHTS, "tokenizer.json"].sort(),
    );
    expect(folder.name).toBe("tiny");
  });

  it("fetches what a folder export copies, the card, and nothing else that lies there", async () => {
    const beside = [
      ...["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json"],
      ...[
        "chat_template.jinja",
        "tokenizer.model",
        "vocab.json",
        "merges.txt",
        "LICENSE",
        "MODEL_LICENSE.md",
        "NOTICE",
      ],
    ];
    const files = {
      ...MODEL,
      ...Object.fromEntries([...beside, "training_args.bin", "a.py"].map((name) => [name, Buffer.from("{}")])),
      "README.md": Buffer.from("# tiny"),
      USE_POLICY: Buffer.alloc(0),
    };
    const folder = await open(await hub({ files }), "org/tiny");
    const fetched = [...folder.list()].sort();
    expect(fetched).toEqual([...Object.keys(MODEL), ...beside, "README.md", "USE_POLICY"].sort());
    const copied = await companionFiles(folder);
    expect(copied.map(({ name }) => name)).toEqual([...beside, "tokenizer.json", "USE_POLICY"].sort());
    expect(await companionFiles(memoryFolder("disk", files))).toEqual(
      copied.map((file) => ({ ...file, stream: expect.any(Function) as unknown })),
    );
  });

  it("fetches a model without tokenizer.json where vocab.json and merges.txt are there, and says how to make one else", async () => {
    const { "tokenizer.json": tokenizer, ...others } = MODEL;
    const vocabulary = { "vocab.json": tokenizer!, "merges.txt": Buffer.from("#version: 0.2\n") };
    const folder = await open(await hub({ files: { ...others, ...vocabulary } }), "org/tiny");
    expect(folder.list()).toContain("merges.txt");
    const refusal = await refused(open(await hub({ files: { ...others, "tokenizer.model": tokenizer! } }), "org/tiny"));
    expect(refusal.message).toMatch(/expected tokenizer\.json, got .*Make tokenizer\.json with transformers: python/);
  });

  it("fetches all parts of a split GGUF model", async () => {
    const parts = ["q/tiny-00001-of-00002.gguf", "q/tiny-00002-of-00002.gguf"];
    const files = Object.fromEntries(
      [...parts.map((name) => name.slice(2)), "cut-00001-of-00002.gguf"].map((name) => [name, Buffer.from("GGUF")]),
    );
    const server = await hub({ files });
    const names = [...(await open(server, "org/tiny")).list()].sort();
    expect(names).toEqual(parts.map((name) => name.slice(2)));
    const second = await open(server, "org/tiny/tiny-00002-of-00002.gguf");
    expect([...second.list()].sort()).toEqual(names);
    expect((await refused(open(server, "org/tiny/cut-00001-of-00002.gguf"))).message).toMatch(
      /expected cut-00002-of-00002\.gguf, got tiny-00001-of-00002\.gguf/,
    );
  });

  it("fetches the shards that the index names", async () => {
    const shards = {
      "model-00001-of-00002.safetensors": MODEL[WEIGHTS]!,
      "model-00002-of-00002.safetensors": MODEL[WEIGHTS]!,
    };
    const map = { weight_map: { a: Object.keys(shards)[0], b: Object.keys(shards)[1], c: Object.keys(shards)[0] } };
    const files = {
      "config.json": MODEL["config.json"]!,
      "tokenizer.json": MODEL["tokenizer.json"]!,
      "model.safetensors.index.json": Buffer.from(JSON.stringify(map)),
      ...shards,
    };
    const folder = await open(await hub({ files }), "org/tiny");
    await expectModel(folder, files);
    const incomplete = Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith("model-00002")));
    expect((await refused(open(await hub({ files: incomplete }), "org/tiny"))).message).toMatch(
      /expected model-00002-of-00002\.safetensors, which .* names, got no such file/,
    );
  });

  it("offers the choice among GGUF files, and fetches the chosen one", async () => {
    const gguf = Buffer.from("GGUF and more");
    const server = await hub({
      files: { "tiny-Q4_1.gguf": gguf, "tiny-Q8_0.gguf": Buffer.from("GGUF, larger"), "mmproj-tiny.gguf": gguf },
    });
    const error = await refused(open(server, "org/tiny"));
    expect(error.code).toBe("config");
    expect(error.detail).toMatchObject({ names: ["tiny-Q4_1.gguf", "tiny-Q8_0.gguf"], sizes: [13, 12] });
    const [first] = error.detail["choices"] as string[];
    await expectModel(await open(server, first), { "tiny-Q4_1.gguf": gguf });
    expect((await refused(open(server, "org/tiny/other.gguf"))).message).toMatch(/expected other\.gguf, got tiny-Q4_1/);
  });
});

describe("models that cannot be fetched, and new versions", () => {
  it("explains gated, private and misspelt models, and what to do", async () => {
    const gated = await refused(open(await hub({ gated: "manual" }), "org/tiny"));
    expect(gated.message).toMatch(
      /org\/tiny is gated.*Accept it on http.*\/org\/tiny in the browser, download.*drop the folder/,
    );
    const status = async (code: number, headers: Record<string, string> = {}): Promise<string> => {
      const server = await hub({}, ({ path }) =>
        path.includes("revision") ? { kind: "status", status: code, headers } : undefined,
      );
      return (await refused(open(server, "org/tiny"))).message;
    };
    expect(await status(401)).toMatch(/answered 401.*misspelt, or the model is private or gated/);
    expect(await status(401, { "X-Error-Code": "GatedRepo" })).toMatch(/is gated/);
    expect(await status(403)).toMatch(/is gated/);
    expect(await status(404)).toMatch(
      /no model org\/tiny at revision main on the hub \(the server answered 404\).*spelt/,
    );
    const nothing = await refused(open(await plain(), `${(await plain()).address}elsewhere/`));
    expect(nothing.message).toMatch(/no config\.json at http.*elsewhere.*404/);
    const shut = await refused(open(await plain(() => ({ kind: "status", status: 403 }))));
    expect(shut.message).toMatch(/no access to config\.json.*answered 403.*Sign in/);
  });

  it("fetches what changed in a new commit of the repository", async () => {
    const store = memoryStore();
    await open(await hub(), "org/tiny", { store });
    const config = Buffer.from(MODEL["config.json"]!.toString().replace("{", "{ "));
    const moved = await hub({ files: { ...MODEL, "config.json": config } });
    store.written = 0;
    await expectModel(await open(moved, "org/tiny", { store }), { ...MODEL, "config.json": config });
    expect(store.written).toBe(config.length);
  });
});
