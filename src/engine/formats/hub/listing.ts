// Finds the files to fetch for an address: from the hub's list of files, or by requesting the usual names from a plain server.
import { CARD_FILE, isLicence, USUAL_COMPANIONS } from "../files/companions.ts";
import { readJson } from "../files/folder.ts";
import { memorySource } from "../files/memoryFolder.ts";
import { CONFIG_FILE } from "../files/modelFiles.ts";
import { readError } from "../files/readError.ts";
import { partNames } from "../gguf/ggufParts.ts";
import { INDEX_FILE, SINGLE_FILE } from "../safetensors/safetensors.ts";
import { type Address, addressName, addressText, decodedPart } from "./address.ts";
import { listRepo, type RepoFile } from "./hubApi.ts";
import { companions, completeGgufModels, hasSafetensors, hasTokenizer, noModel, shardsOf } from "./neededFiles.ts";
import { probe } from "./probe.ts";
import { fetchRange, type Missing } from "./range.ts";
import type { RemoteFile } from "./remoteFile.ts";
import type { Purpose, Web } from "./web.ts";

/** A model on a server, with only the files that are needed. */
export interface RemoteModel {
  name: string;
  /** The hub's commit; empty for other servers. */
  revision: string;
  files: readonly RemoteFile[];
}

/** Finds the files of the model at an address. Throws as the requests do, and "config" with detail.choices where the user must choose one of several. */
export async function listModel(web: Web, address: Address): Promise<RemoteModel> {
  const name = addressName(address);
  if (address.kind === "repo") return { name, ...(await listHub(web, address)) };
  if (address.kind === "file") {
    const names = partNames(fileName(new URL(address.url).pathname));
    const files: RemoteFile[] = [];
    for (const part of names) {
      const url = new URL(address.url);
      url.pathname = url.pathname.replace(/[^/]*$/, encodeURIComponent(part));
      files.push(await probe(web, { what: part }, { name: part, url: names.length > 1 ? url.href : address.url }));
    }
    return { name, revision: "", files };
  }
  return { name, revision: "", files: await listFolder(web, address.url) };
}

/** How errors refer to a file of the model. */
export function purposeOf(web: Web, address: Address, file: string): Purpose {
  if (address.kind === "repo") return { what: `${file} of ${address.repo}`, page: `${web.hub}/${address.repo}` };
  return { what: address.kind === "file" ? file : `${file} at ${address.url}` };
}

const fileName = (path: string): string => decodedPart(path.split("/").at(-1) ?? path);

async function listHub(web: Web, address: Extract<Address, { kind: "repo" }>): Promise<Omit<RemoteModel, "name">> {
  const { revision, files } = await listRepo(web, address);
  const names = files.map((file) => file.path);
  const remote = ({ path, ...rest }: RepoFile): RemoteFile => ({
    name: fileName(path),
    url: `${web.hub}/${address.repo}/resolve/${revision}/${path.split("/").map(encodeURIComponent).join("/")}`,
    ...rest,
    pinned: true,
    ranges: true,
  });
  const pick = (needed: readonly string[]): RemoteFile[] =>
    files.filter(({ path }) => needed.includes(path)).map(remote);
  if (address.file !== undefined || !hasSafetensors(names)) {
    const beside = names.filter((path) => fileName(path) === CARD_FILE || isLicence(fileName(path)));
    return { revision, files: pick([...chooseGguf(address, files), ...beside]) };
  }
  const needed = companions(names, address.repo);
  if (names.includes(SINGLE_FILE)) return { revision, files: pick([...needed, SINGLE_FILE]) };
  const [index] = pick([INDEX_FILE]);
  if (!index) throw noModel(names, address.repo);
  const shards = shardsOf(await fetchJson(web, purposeOf(web, address, INDEX_FILE), index));
  const absent = shards.find((shard) => !names.includes(shard));
  if (absent !== undefined)
    throw readError({
      file: address.repo,
      expected: `${absent}, which ${INDEX_FILE} names`,
      got: "no such file",
      advice: "The repository is incomplete: choose another revision.",
      code: "network",
    });
  return { revision, files: pick([...needed, INDEX_FILE, ...shards]) };
}

/** The GGUF file that the address names, or the only one; all parts of one that is split. */
function chooseGguf(address: Extract<Address, { kind: "repo" }>, files: readonly RepoFile[]): readonly string[] {
  const names = files.map(({ path }) => path);
  const models = completeGgufModels(names);
  if (address.file !== undefined) {
    const parts = partNames(address.file);
    const missing = parts.filter((name) => !names.includes(name));
    if (missing.length === 0) return parts;
    throw readError({
      file: address.repo,
      expected: missing.join(", "),
      got: models.map(([first = ""]) => first).join(", ") || "no GGUF files",
      advice: "Correct the name of the file.",
      code: "network",
    });
  }
  const [only] = models;
  if (only === undefined) throw noModel(names, address.repo);
  if (models.length === 1) return only;
  throw readError({
    file: address.repo,
    expected: "one GGUF file",
    got: String(models.length),
    advice: "Choose one of them.",
    code: "config",
    detail: {
      choices: models.map(([file = ""]) => addressText({ ...address, file })),
      names: models.map(([file = ""]) => file),
      sizes: models.map((parts) =>
        files.reduce((sum, { path, size = 0 }) => sum + (parts.includes(path) ? size : 0), 0),
      ),
    },
  });
}

/** For a server without a list: config.json must exist, other files are requested by their usual names. */
async function listFolder(web: Web, url: string): Promise<RemoteFile[]> {
  const find = (name: string, optional: boolean): Promise<RemoteFile | undefined> => {
    const purpose: Purpose = { what: `${name} at ${url}` };
    const target = { name, url: url + encodeURIComponent(name) };
    return optional ? probe(web, purpose, target, true) : probe(web, purpose, target);
  };
  // one after the other, so that a wrong address fails at the first
  const files: (RemoteFile | undefined)[] = [await find(CONFIG_FILE, false)];
  const findAll = async (names: readonly string[], optional: boolean): Promise<void> => {
    for (let at = 0; at < names.length; at += web.limits.parallel)
      files.push(...(await Promise.all(names.slice(at, at + web.limits.parallel).map((name) => find(name, optional)))));
  };
  await findAll([...USUAL_COMPANIONS, CARD_FILE], true);
  // throws the server's answer about tokenizer.json
  if (!hasTokenizer(files.map((file) => file?.name ?? ""))) await find("tokenizer.json", false);
  const single = await find(SINGLE_FILE, true);
  if (single) files.push(single);
  else {
    const index = await find(INDEX_FILE, true);
    if (!index)
      throw readError({
        file: url,
        expected: `${SINGLE_FILE} or ${INDEX_FILE} beside config.json`,
        got: "neither",
        advice: "Enter the address of a folder with one of them, or of a .gguf file.",
        code: "network",
      });
    const shards = shardsOf(await fetchJson(web, { what: `${INDEX_FILE} at ${url}` }, index));
    files.push(index);
    await findAll(shards, false);
  }
  return files.filter((file) => file !== undefined);
}

/** Fetches a small JSON file into memory. */
async function fetchJson(web: Web, purpose: Purpose, file: RemoteFile): Promise<unknown> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const range: Missing = { at: 0, end: file.size ?? null };
  await fetchRange(web, purpose, { file, range, write: (_, chunk) => void chunks.push(chunk.slice()) });
  return readJson(memorySource(file.name, new Uint8Array(await new Blob(chunks).arrayBuffer())));
}
