// The hub's two questions: which commit a revision is, and which files it has, with their sizes and hashes.
import { EngineError } from "../../errors.ts";
import { JsonField } from "../../json/jsonFields.ts";
import type { Address } from "./address.ts";
import type { RemoteFile } from "./remoteFile.ts";
import { checkStatus, gatedRefusal, type Purpose, type Web, withTries } from "./web.ts";

/** A file of a repository, by its path. */
export interface RepoFile extends Pick<RemoteFile, "size" | "sha256" | "version"> {
  path: string;
}

/** The hub gives long lists page by page; a model with more pages is none. */
const MOST_PAGES = 20;

/** The commit and the files of a repository. Throws "network" where it is absent, private or gated. */
export async function listRepo(
  web: Web,
  { repo, revision, file }: Extract<Address, { kind: "repo" }>,
): Promise<{ revision: string; files: RepoFile[] }> {
  const page = `${web.hub}/${repo}`;
  const api = `${web.hub}/api/models/${repo}`;
  const asked = { what: `model ${repo} at revision ${revision} on the hub`, page };
  const { body } = await askJson(web, asked, `${api}/revision/${encodeURIComponent(revision)}`);
  const info = new JsonField(body, `the hub's answer about ${repo}`);
  const gated = info.get("gated").value;
  if (gated !== undefined && gated !== false && gated !== null)
    throw new EngineError("network", gatedRefusal(repo, page), { gated: true });
  const sha = info.get("sha").text();
  // a model is a flat folder; one GGUF file may lie deeper
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
    const { body, next } = await askJson(web, purpose, url);
    for (const entry of new JsonField(body, "the hub's list of files").list()) {
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

async function askJson(web: Web, purpose: Purpose, url: string): Promise<{ body: unknown; next: string | undefined }> {
  return withTries(web, purpose, async (signal) => {
    const response = await web.fetch(url, { signal });
    checkStatus(response, purpose);
    const text = await response.text();
    const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
    try {
      return { body: JSON.parse(text) as unknown, next };
    } catch {
      throw new EngineError(
        "network",
        `${purpose.what}: JSON was expected, ${JSON.stringify(text.slice(0, 40))} came. Is something between this page and the hub?`,
      );
    }
  });
}
