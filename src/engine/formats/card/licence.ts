// The licence that a base model's own card states, which exports repeat.
import type { Folder } from "../files/folder.ts";

/** Values of a YAML field: of one, or of a list in either of its forms. Comments and quotes are left out. */
function valuesOf(matter: string, name: string): string[] {
  const [, line = "", list = ""] =
    new RegExp(`^${name}:[ \\t]*(.*)((?:\\r?\\n[ \\t]*-[ \\t].*)*)`, "m").exec(matter) ?? [];
  const value = (text: string): string =>
    /^(["'])(.*?)\1/.exec(text.trim())?.[2] ?? text.replace(/(^|\s)#.*$/, "").trim();
  const inline = /^\[(.*)\]/.exec(line.trim());
  const parts = inline
    ? (inline[1] ?? "").split(",")
    : [line, ...list.split(/\r?\n/).map((one) => one.replace(/^\s*-\s/, ""))];
  return parts.map(value).filter((part) => part !== "");
}

export const NO_LICENCE = "not stated";

/** Only this much of the card is searched for front matter. */
const FRONT_MATTER_BYTES = 40_000;

/**
 * The `license` (with `license_name` and `license_link`) in the front matter of the folder's README.md, on one line: "apache-2.0", "apache-2.0, mit",
 * "other (llama2, https://...)". NO_LICENCE where there is no card or no such field.
 */
export async function licenceOf(folder: Folder): Promise<string> {
  const card = folder.list().find((name) => name.toLowerCase() === "readme.md");
  if (!card) return NO_LICENCE;
  const source = await folder.open(card);
  // cards in other encodings exist; the front matter is ASCII
  const text = new TextDecoder().decode(await source.read(0, Math.min(source.size, FRONT_MATTER_BYTES)));
  const matter = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1] ?? "";
  const field = (name: string): string | undefined => valuesOf(matter, name).join(", ") || undefined;
  const licence = field("license");
  if (!licence) return NO_LICENCE;
  const more = [field("license_name"), field("license_link")].filter((part) => part !== undefined);
  return more.length > 0 ? `${licence} (${more.join(", ")})` : licence;
}
