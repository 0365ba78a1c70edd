// For tests of downloads: local servers with the golden LLaMA, a store in memory, and checks of the opened model.
import { afterEach, expect } from "vitest";
import {
  type ServedRequest,
  type Fault,
  type FaultyServer,
  filesFrom,
  serveFaulty,
} from "../../../../scripts/test/faultyServer.ts";
import { EngineError } from "../../errors.ts";
import type { Folder } from "../files/folder.ts";
import { memorySource } from "../files/memoryFolder.ts";
import { type Address, readAddress } from "./address.ts";
import { fetchModel } from "./cachedModel.ts";
import type { ModelStore } from "./modelStore.ts";
import { Sha256 } from "./sha256.ts";
import { DOWNLOAD_LIMITS, type DownloadLimits } from "./web.ts";

export const WEIGHTS = "model.safetensors";
export const MODEL = filesFrom("golden/llama", ["config.json", "tokenizer.json", WEIGHTS]);
export const SIZE = MODEL[WEIGHTS]!.length;
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
/** Small, so that the weights have several parts and tries follow each other soon. */
export const TEST_LIMITS: DownloadLimits = {
  ...DOWNLOAD_LIMITS,
  backoffMs: 5,
  longestPauseMs: 40,
  partBytes: 100_000,
};

const servers: FaultyServer[] = [];
/** A server that is closed after the test. */
export async function served(
  files: Record<string, Uint8Array | string>,
  fault: FaultyServer["fault"],
): Promise<FaultyServer> {
  const server = await serveFaulty(files);
  server.fault = fault;
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A plain server with the model in the folder m. */
export function plain(fault: FaultyServer["fault"] = () => undefined): Promise<FaultyServer> {
  return served(Object.fromEntries(Object.entries(MODEL).map(([name, bytes]) => [`m/${name}`, bytes])), fault);
}

/** A server with the API of the hub and the model at org/tiny. */
export function hub(
  { gated = false, files = MODEL }: { gated?: boolean | string; files?: Record<string, Uint8Array> } = {},
  fault: FaultyServer["fault"] = () => undefined,
): Promise<FaultyServer> {
  const tree = Object.entries(files).map(([path, bytes]) => ({
    type: "file",
    path,
    size: bytes.length,
    oid: `git-${path}`,
    ...(/\.(safetensors|gguf)$/.test(path)
      ? { lfs: { oid: new Sha256().update(bytes).hex(), size: bytes.length } }
      : {}),
  }));
  const answers = {
    "api/models/org/tiny/revision/main": JSON.stringify({ sha: COMMIT, gated }),
    [`api/models/org/tiny/tree/${COMMIT}`]: JSON.stringify([
      { type: "directory", path: "onnx", oid: "x", size: 0 },
      ...tree,
    ]),
    ...Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`org/tiny/resolve/${COMMIT}/${name}`, bytes])),
  };
  return served(answers, fault);
}

/** A store in memory that counts the written bytes. */
export function memoryStore(free?: number): ModelStore & { files: Map<string, Buffer>; written: number } {
  const files = new Map<string, Buffer>();
  const store: ModelStore & { files: Map<string, Buffer>; written: number } = {
    files,
    written: 0,
    readText: async (name) => files.get(name)?.toString(),
    writeText: async (name, text) => void files.set(name, Buffer.from(text)),
    open: async (name) => {
      const get = (): Buffer => files.get(name) ?? Buffer.alloc(0);
      const truncate = (size: number): void => {
        const before = get().subarray(0, size);
        files.set(name, Buffer.concat([before, Buffer.alloc(size - before.length)]));
      };
      truncate(get().length);
      return {
        truncate,
        write(at, bytes) {
          if (at + bytes.length > get().length) truncate(at + bytes.length);
          get().set(bytes, at);
          store.written += bytes.length;
        },
        flush: () => undefined,
        close: () => undefined,
      };
    },
    source: async (name) => {
      const bytes = files.get(name);
      return bytes && memorySource(name, bytes);
    },
    remove: async (name) => void files.delete(name),
    freeBytes: async () => free,
  };
  return store;
}

/** Headers that a page may read of another origin's answer; others only where the answer names them. */
const SAFE_HEADERS = ["cache-control", "content-language", "content-length", "content-type", "last-modified"];

/** A fetch that shows what a page of another origin sees. */
async function asInBrowser(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const exposed = (response.headers.get("Access-Control-Expose-Headers") ?? "").toLowerCase().split(",");
  const seen = [...response.headers].filter(([name]) => [...SAFE_HEADERS, ...exposed].includes(name));
  return new Response(response.body, { status: response.status, headers: seen });
}

interface Try {
  store?: ReturnType<typeof memoryStore>;
  signal?: AbortSignal;
  refresh?: boolean;
  limits?: Partial<DownloadLimits>;
  onProgress?: (done: number, of: number, note: string) => void;
}

export function open(
  server: FaultyServer,
  typed = "",
  { store = memoryStore(), signal, refresh = true, limits, onProgress }: Try = {},
): Promise<Folder> {
  const address: Address = readAddress(typed === "" ? `${server.address}m` : typed);
  const web = {
    fetch: asInBrowser,
    signal: signal ?? new AbortController().signal,
    limits: { ...TEST_LIMITS, ...limits },
    hub: server.address.slice(0, -1),
  };
  return fetchModel(address, { web, store, refresh, onProgress: onProgress ?? (() => undefined) });
}

export async function refused(opening: Promise<Folder>): Promise<EngineError> {
  const error: unknown = await opening.then(
    () => "it was opened",
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(EngineError);
  return error as EngineError;
}

export async function expectModel(folder: Folder, files: Record<string, Uint8Array> = MODEL): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    const source = await folder.open(name);
    expect(Buffer.from(bytes).equals(await source.read(0, source.size)), name).toBe(true);
  }
}

export const ofWeights = (server: FaultyServer): ServedRequest[] =>
  server.requests.filter(({ path }) => path.endsWith(WEIGHTS));
/** Applies a fault to those requests for the weights that `applies` selects by the number of earlier ones (0: the first look at the file). */
export const atWeights =
  (fault: Fault, applies: (before: number) => boolean): FaultyServer["fault"] =>
  ({ path, before }) =>
    path.endsWith(WEIGHTS) && applies(before) ? fault : undefined;
export const onlyLater = (before: number): boolean => before > 0;
