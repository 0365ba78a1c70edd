// Reads where a model is on the web from what a user types: a name or page of the hub, or the address of a folder or file.
import { EngineError, showValue } from "../../errors.ts";

/** The hub that names refer to. */
export const HUB = "https://huggingface.co";
const HUB_HOSTS = ["huggingface.co", "www.huggingface.co", "hf.co"];
const DEFAULT_REVISION = "main";

export type Address =
  /** A repository of the hub; `file` where the address names one of its files. */
  | { kind: "repo"; repo: string; revision: string; file?: string }
  /** A folder on any server; its files are directly below `url`, which ends with "/". */
  | { kind: "folder"; url: string }
  /** A single GGUF file on any server. */
  | { kind: "file"; url: string };

const NAME = "[A-Za-z0-9][\\w.-]*";
const REPO = new RegExp(`^(${NAME}/${NAME})(?:@([^\\s:]+))?$`);
const HUB_FILE = new RegExp(`^(${NAME}/${NAME})/([^@\\s]+\\.gguf)$`, "i");
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])$/;

const EXPECTED =
  "a name on the hub (organisation/model or organisation/model@revision), or the https address of a model's folder or of a .gguf file";

const refuse = (text: string, which: string): never => {
  const message = `address: expected ${EXPECTED}, got ${showValue(text)}, which ${which}.`;
  throw new EngineError("config", message, { address: text });
};

/** Reads an address. Throws EngineError("config") for anything else. */
export function readAddress(typed: string): Address {
  const text = typed.trim().replace(/^hf:\/\//, "");
  const onHub = HUB_HOSTS.some((host) => text.toLowerCase().startsWith(`${host}/`));
  if (onHub) return readUrl(`https://${text}`);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return readUrl(text);
  const file = HUB_FILE.exec(text);
  if (file) return repoOf(file[1]!, DEFAULT_REVISION, file[2]);
  const repo = REPO.exec(text);
  if (repo) return repoOf(repo[1]!, repo[2] ?? DEFAULT_REVISION);
  return refuse(typed, text === "" ? "is empty" : "is neither");
}

/** The shortest text for this address; equal addresses have equal texts. */
export function addressText(address: Address): string {
  if (address.kind !== "repo") return address.url;
  const { repo, revision, file } = address;
  if (file !== undefined) return `${HUB}/${repo}/blob/${encodeURIComponent(revision)}/${file}`;
  return revision === DEFAULT_REVISION ? repo : `${repo}@${revision}`;
}

/** The model's name: that of the repository, folder or file. */
export function addressName(address: Address): string {
  const path = address.kind === "repo" ? (address.file ?? address.repo) : new URL(address.url).pathname;
  const last = path.split("/").filter((part) => part !== "");
  const name = decodedPart(last.at(-1) ?? "model");
  return name.replace(/\.gguf$/i, "");
}

/** The text without percent-encoding; as it is where that is broken ("%zz"). */
export function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function repoOf(repo: string, revision: string, file?: string): Address {
  return { kind: "repo", repo, revision, ...(file !== undefined && file !== "" ? { file } : {}) };
}

function readUrl(text: string): Address {
  if (!URL.canParse(text)) return refuse(text, "is not an address");
  const url = new URL(text);
  const secure = url.protocol === "https:" || (url.protocol === "http:" && LOCAL.test(url.hostname));
  if (!secure) return refuse(text, "is not https (http works for this machine only)");
  if (url.username !== "" || url.password !== "")
    return refuse(text, "contains a password, which Espalier does not send");
  url.hash = "";
  if (HUB_HOSTS.includes(url.hostname)) return readHubPage(text, url);
  const last = url.pathname.split("/").at(-1) ?? "";
  if (/\.gguf$/i.test(last)) return { kind: "file", url: url.href };
  url.search = "";
  // the address of a file in the folder stands for the folder
  if (/\.(json|safetensors|md|txt|model)$/i.test(last)) url.pathname = url.pathname.slice(0, -last.length);
  else if (last !== "") url.pathname += "/";
  return { kind: "folder", url: url.href };
}

/** /org/name, /org/name/tree/REV and /org/name/blob|resolve|raw/REV/FILE; REV is one part of the path, also for "refs%2Fpr%2F1". */
function readHubPage(text: string, url: URL): Address {
  const parts = url.pathname.split("/").filter((part) => part !== "");
  const [owner = "", name = "", page, revision, ...path] = parts;
  const repo = `${owner}/${name}`;
  if (owner === "datasets" || owner === "spaces") return refuse(text, `is one of the hub's ${owner}, not a model`);
  if (!REPO.test(repo)) return refuse(text, "is not a model of the hub");
  const pages = ["tree", "blob", "resolve", "raw"];
  if (page === undefined || !pages.includes(page) || revision === undefined) return repoOf(repo, DEFAULT_REVISION);
  const file = decodedPart(path.join("/"));
  return repoOf(repo, decodedPart(revision), /\.gguf$/i.test(file) ? file : undefined);
}
