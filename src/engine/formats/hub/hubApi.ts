// Queries the hub's API for the commit of a revision and for its files, with sizes and hashes.
import { EngineError } from "../../errors.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { parseJson } from "../files/folder.ts";
import type { Address } from "./address.ts";
import type { RemoteFile } from "./remoteFile.ts";
import { checkStatus, gatedRefusal, type Purpose, type Web, withTries } from "./web.ts";

const TRY_LATER = "The hub may have a problem: try again later.";

/** A file of a repository, by its path. */
export interface RepoFile extends Pick<RemoteFile, "size" | "sha256" | "version"> {
  path: string;
}

/** The hub returns long lists in pages. No model needs more pages than this. */
const MOST_PAGES = 20;

/** The commit and the files of a repository. Throws "network" where it is absent, private or gated. */
export async function listRepo(
  web: Web,
  { repo, revision, file }: Extract<Address, { kind: "repo" }>,
): Promise<{ revision: string; files: RepoFile[] }> {
  const page = `${web.hub}/${repo}`;
  const api = `${web.hub}/api/models/${repo}`;
  const purpose = { what: `model ${repo} at revision ${revision} on the hub`, page };
  const { body } = await fetchApi(web, purpose, `${api}/revision/${encodeURIComponent(revision)}`);
  const info = new JsonField(body, `the hub's answer about ${repo}`, "", TRY_LATER);
  const gated = info.get("gated").value;
  if (gated !== undefined && gated !== false && gated !== null)
    throw new EngineError("network", gatedRefusal(repo, page), { gated: true });
  const sha = info.get("sha").text();
  // a model is a flat folder; a single GGUF file may be in a subfolder
  const folder = file?.includes("/") ? `/${file.slice(0, file.lastIndexOf("/"))}` : "";
  return {
    revision: sha,
    files: await listTree(web, { what: `list of ${repo}`, page }, `${api}/tree/${sha}${folder}`),
  };
}

async function listTree(web: Web, purpose: Purpose, first: string): Promise<RepoFile[]> {
  const files: RepoFile[] = [];
  let url: string | undefined = first;
  for (let page = 0; url !== undefined && page < MOST_PAGES; page += 1) {
    const { body, next } = await fetchApi(web, purpose, url);
    for (const entry of new JsonField(body, "the hub's list of files", "", TRY_LATER).list()) {
      if (entry.get("type").value !== "file") continue;
      const lfs = entry.get("lfs");
      files.push({
        path: entry.get("path").text(),
        size: entry.get("size").count(),
        version: entry.get("oid").text(),
        ...(lfs.value === undefined || lfs.value === null ? {} : { sha256: lfs.get("oid").text() }),
      });
    }
    url = next;
  }
  return files;
}

/** The JSON at `url`, and the address of the next page. */
async function fetchApi(web: Web, purpose: Purpose, url: string): Promise<{ body: unknown; next: string | undefined }> {
  return withTries(web, purpose, async (signal) => {
    const response = await web.fetch(url, { signal });
    checkStatus(response, purpose);
    const text = await response.text();
    const linked = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
    const next = linked?.startsWith(`${web.hub}/`) ? linked : undefined;
    const advice =
      "A proxy or a sign-in page may be between this page and the hub: open the hub in the browser to check.";
    try {
      return { body: parseJson(text, purpose.what, { advice }), next };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new EngineError("network", error.message, error.detail);
    }
  });
}
