// Downloads from a local server that drops and stalls connections and reports wrong lengths: what arrives, is requested again, and stays cached.
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import type { Manifest } from "./manifest.ts";
import { Sha256 } from "./sha256.ts";
import {
  atWeights,
  expectModel,
  hub,
  TEST_LIMITS,
  memoryStore,
  MODEL,
  ofWeights,
  onlyLater,
  open,
  plain,
  refused,
  SIZE,
  WEIGHTS,
} from "./hub.fixture.ts";

describe("a plain folder", () => {
  it("is found by the usual names and fetched in parts, at most five at once, counting every byte", async () => {
    const server = await plain();
    server.slowMs = 5;
    const seen: number[] = [];
    const store = memoryStore();
    const folder = await open(server, "", {
      store,
      onProgress: (done, of, note) => note === "fetching" && seen.push(done / of),
    });
    await expectModel(folder);
    expect([...folder.list()].sort()).toEqual(["config.json", WEIGHTS, "tokenizer.json"].sort());
    expect(ofWeights(server).length).toBe(1 + Math.ceil(SIZE / TEST_LIMITS.partBytes));
    expect(server.busiest()).toBeGreaterThan(2);
    expect(server.busiest()).toBeLessThanOrEqual(5);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  it("has all parts of a split GGUF model at the address of one", async () => {
    const server = await plain();
    const parts = ["t-00001-of-00002.gguf", "t-00002-of-00002.gguf"];
    for (const name of parts) server.files.set(`q/${name}`, Buffer.from("GGUF"));
    const folder = await open(server, `${server.address}q/${parts[1]!}`);
    expect(folder.list()).toEqual(parts);
  });

  it("has the companions by their usual names", async () => {
    const server = await plain();
    const beside = ["chat_template.jinja", "special_tokens_map.json", "tokenizer_config.json", "LICENSE"];
    for (const name of beside) server.files.set(`m/${name}`, Buffer.from("{}"));
    const folder = await open(server);
    expect([...folder.list()].sort()).toEqual([...Object.keys(MODEL), ...beside].sort());
  });

  it("gets what an older version did not fetch, and opens without it where the server is gone", async () => {
    const server = await plain();
    const store = memoryStore();
    await open(server, "", { store });
    const manifest = JSON.parse(store.files.get("manifest.json")!.toString()) as { list?: number };
    const older = (): unknown => store.writeText("manifest.json", JSON.stringify({ ...manifest, list: undefined }));
    server.files.set("m/chat_template.jinja", Buffer.from("{{ x }}"));
    await older();
    const folder = await open(server, "", { store, refresh: false });
    expect(folder.list()).toContain("chat_template.jinja");
    await older();
    server.files.clear();
    await expectModel(await open(server, "", { store, refresh: false }));
    await older();
    await server.close();
    await expectModel(await open(server, "", { store, refresh: false }));
  });

  it("opens again without the network, and checks for changes with it", async () => {
    const server = await plain();
    const store = memoryStore();
    await open(server, "", { store });
    const [requests, written] = [server.requests.length, store.written];
    await expectModel(await open(server, "", { store, refresh: false }));
    expect(server.requests.length).toBe(requests);
    await expectModel(await open(server, "", { store }));
    expect(server.requests.length).toBeGreaterThan(requests);
    expect(store.written).toBe(written);
    await server.close();
    // a complete model opens even if the server cannot be reached
    await expectModel(await open(server, "", { store }));
  });

  it("fetches a file again if its version has changed, and only that file", async () => {
    const server = await plain();
    const store = memoryStore();
    await open(server, "", { store });
    const changed = Buffer.from(MODEL[WEIGHTS]!);
    changed[SIZE - 1]! ^= 1;
    server.files.set(`m/${WEIGHTS}`, changed);
    server.fault = ({ path }) => (path.endsWith(WEIGHTS) ? { kind: "version", etag: '"v2"' } : undefined);
    store.written = 0;
    await expectModel(await open(server, "", { store }), { ...MODEL, [WEIGHTS]: changed });
    expect(store.written).toBe(SIZE);
  });
});

describe("a damaged file in the cache", () => {
  it.each([
    ["cut short", (bytes: Buffer) => bytes.subarray(0, 1000)],
    ["with one bit changed", (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === 5000 ? byte ^ 1 : byte)))],
    ["empty", () => Buffer.alloc(0)],
  ])("is fetched again where it is %s", async (_, spoil) => {
    const server = await plain();
    const store = memoryStore();
    await open(server, "", { store });
    store.files.set(WEIGHTS, spoil(store.files.get(WEIGHTS)!));
    store.written = 0;
    await expectModel(await open(server, "", { store, refresh: false }));
    expect(store.written).toBe(SIZE);
    // if it cannot be fetched, it is not opened
    store.files.set(WEIGHTS, spoil(store.files.get(WEIGHTS)!));
    await server.close();
    expect((await refused(open(server, "", { store, refresh: false }))).code).toBe("network");
  });
});

/** A stall is noticed soon. Other tests keep the usual limit, because a busy machine may not answer for as long as this. */
const SOON = { parallel: 1, stallMs: 300 };

describe("a connection that fails", () => {
  it("resumes from the last byte after a broken connection", async () => {
    const server = await plain(atWeights({ kind: "drop", after: 30_000 }, (before) => before === 1));
    const store = memoryStore();
    await expectModel(await open(server, "", { store, limits: { parallel: 1 } }));
    expect(ofWeights(server)[2]!.range).toEqual({ first: 30_000, last: TEST_LIMITS.partBytes - 1 });
    expect(store.written).toBe(Object.values(MODEL).reduce((sum, bytes) => sum + bytes.length, 0));
  });

  it("abandons a stalled connection and resumes from the last byte", async () => {
    const server = await plain(atWeights({ kind: "stall", after: 70_000 }, (before) => before === 1));
    await expectModel(await open(server, "", { limits: SOON }));
    expect(ofWeights(server)[2]!.range?.first).toBe(70_000);
  });

  it("fails after three stalled attempts, keeps what arrived, and resumes there the next time", async () => {
    const server = await plain(atWeights({ kind: "stall", after: 1000 }, onlyLater));
    const store = memoryStore();
    const error = await refused(open(server, "", { store, limits: SOON }));
    expect(error.code).toBe("network");
    expect(error.message).toMatch(
      /model\.safetensors at http.*could not be fetched in 3 attempts; the last one failed because no data arrived for 0\.3 s/,
    );
    expect(
      ofWeights(server)
        .slice(1)
        .map(({ range }) => range?.first),
    ).toEqual([0, 1000, 2000]);
    server.fault = () => undefined;
    await expectModel(await open(server, "", { store, limits: { parallel: 1 } }));
    expect(ofWeights(server)[5]!.range?.first).toBe(3000);
  });
});

describe("a busy or limited server", () => {
  it.each([429, 503])("that answers %i is asked again after the pause that it requests", async (status) => {
    const busy = { kind: "status", status, headers: { "Retry-After": "0.03" } } as const;
    const server = await plain(({ before }) => (before < 2 ? busy : undefined));
    await expectModel(await open(server));
  });

  it("that stays busy is given up", async () => {
    const server = await plain(() => ({ kind: "status", status: 503 }));
    const error = await refused(open(server));
    expect(error.message).toMatch(/config\.json.*3 attempts; the last one failed because the server answered 503/);
    expect(server.requests.length).toBe(3);
  });

  it.each([{ kind: "noRanges" } as const, { kind: "noLength" } as const])(
    "with $kind sends a file in one piece",
    async (fault) => {
      const server = await plain(() => fault);
      await expectModel(await open(server));
      expect(ofWeights(server).length).toBe(2);
    },
  );

  it("without ranges is asked for the file again after a broken connection, and what has arrived is skipped", async () => {
    const server = await plain(({ path, before }) =>
      path.endsWith(WEIGHTS) && before === 1 ? { kind: "drop", after: 300_000 } : { kind: "noRanges" },
    );
    await expectModel(await open(server));
  });
});

describe("a server of another origin that compresses text", () => {
  it.each([{ kind: "compressed" } as const, { kind: "compressed", noHead: true } as const])(
    "is asked for the size of the file itself: %o",
    async (fault) => {
      const server = await plain(() => fault);
      await expectModel(await open(server));
      // in parts where the size is known
      expect(ofWeights(server).filter(({ method }) => method === "GET").length > 2).toBe(!("noHead" in fault));
    },
  );

  it.each([false, true])("replaces what an older version cut short, also without a size (%s)", async (noHead) => {
    const server = await plain(() => ({ kind: "compressed", noHead }));
    const store = memoryStore();
    await open(server, "", { store });
    const cut = MODEL["config.json"]!.subarray(0, 100);
    store.files.set("config.json", Buffer.from(cut));
    const manifest = JSON.parse(store.files.get("manifest.json")!.toString()) as Manifest;
    const files = manifest.files.map((file) =>
      file.name === "config.json" ? { ...file, size: cut.length, sha256: new Sha256().update(cut).hex() } : file,
    );
    await store.writeText("manifest.json", JSON.stringify({ ...manifest, list: 2, files }));
    await expectModel(await open(server, "", { store, refresh: false }));
  });
});

describe("a server that contradicts itself", () => {
  it("refuses a file that goes on after the size that a HEAD stated", async () => {
    const server = await plain(({ path, method }) => {
      if (!path.endsWith(WEIGHTS)) return undefined;
      return method === "HEAD" ? { kind: "size", by: -500 } : { kind: "compressed" };
    });
    expect((await refused(open(server))).message).toMatch(/expected \d+ bytes, got more/);
  });

  it("fetches a file from the beginning if its version changes between parts", async () => {
    const server = await plain(({ path, before }) =>
      path.endsWith(WEIGHTS) && before > 3 ? { kind: "version", etag: '"v2"' } : undefined,
    );
    await expectModel(await open(server, "", { limits: { parallel: 1 } }));
    const starts = ofWeights(server).filter(({ range }) => range?.first === 0 && range.last !== 63);
    expect(starts.length).toBe(2);
  });

  it("gives up on a file that changes all the time", async () => {
    const server = await plain(({ before }) => ({ kind: "version", etag: `"${before}"` }));
    const error = await refused(open(server));
    expect(error.code).toBe("network");
    expect(error.message).toMatch(/changes while it is fetched/);
  });

  it.each([500, -500])("refuses a file whose server is wrong about its size by %i bytes", async (by) => {
    const server = await plain(({ path }) => (path.endsWith(WEIGHTS) ? { kind: "size", by } : undefined));
    const store = memoryStore();
    // the hub's list has the true size
    const listed = await hub({}, ({ path }) => (path.endsWith(WEIGHTS) ? { kind: "size", by } : undefined));
    const error = await refused(open(listed, "org/tiny", { store }));
    expect(error.message).toContain(`model.safetensors of org/tiny: size: expected ${SIZE} bytes, got ${SIZE + by}`);
    // without the hub's list, only a size that is too large is noticed: its last bytes never arrive
    if (by > 0) expect((await refused(open(server))).message).toMatch(/could not be fetched in 3 attempts/);
  });

  it("refuses more bytes than the server stated", async () => {
    const server = await plain(atWeights({ kind: "longer", by: 100 }, onlyLater));
    expect((await refused(open(server))).message).toMatch(/expected \d+ bytes, got more/);
  });
});

describe("cancelling and storage", () => {
  it("stops at once, does not open the incomplete model, and resumes later", async () => {
    const server = await plain();
    server.slowMs = 30;
    const store = memoryStore();
    const stop = new AbortController();
    const error = await refused(
      open(server, "", { store, signal: stop.signal, onProgress: (done) => done > 200_000 && stop.abort() }),
    );
    expect(error.code).toBe("cancelled");
    expect(error.message).toMatch(/what has arrived is kept/);
    const arrived = store.written;
    expect(arrived).toBeGreaterThan(200_000);
    expect(arrived).toBeLessThan(SIZE);
    // without the server there is nothing to open
    server.fault = () => ({ kind: "status", status: 503 });
    expect(await refused(open(server, "", { store, refresh: false }))).toMatchObject({ code: "network" });
    server.fault = () => undefined;
    server.slowMs = 0;
    await expectModel(await open(server, "", { store, refresh: false }));
    const total = Object.values(MODEL).reduce((sum, bytes) => sum + bytes.length, 0);
    expect(store.written).toBe(total);
  });

  it("refuses beforehand what does not fit", async () => {
    const server = await plain();
    const store = memoryStore(1_000_000);
    const error = await refused(open(server, "", { store }));
    expect(error.code).toBe("storage");
    expect(error.message).toMatch(
      /m needs 0\.7 MB more.*67\.1 MB in reserve, but only 1\.0 MB are free\. Remove models/,
    );
    expect(store.written).toBe(0);
  });
});
