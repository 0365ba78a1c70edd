// The licence that a base model's own card states, which exports repeat.
import type { Folder } from "../files/folder.ts";

export const NO_LICENCE = "not stated";

/** Only this much of the card is searched for front matter. */
const FRONT_MATTER_BYTES = 40_000;

/**
 * The `license` (with `license_name` and `license_link`) in the front matter of the folder's README.md, on one line: "apache-2.0",
 * "other (llama2, https://...)". NO_LICENCE where there is no card or no such field.
 */
export async function licenceOf(folder: Folder): Promise<string> {
  const card = folder.list().find((name) => name.toLowerCase() === "readme.md");
  if (!card) return NO_LICENCE;
  const source = await folder.open(card);
  // cards in other encodings exist; the front matter is ASCII
  const text = new TextDecoder().decode(await source.read(0, Math.min(source.size, FRONT_MATTER_BYTES)));
  const matter = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1] ?? "";
  const field = (name: string): string | undefined => {
    const line = new RegExp(`^${name}:[ \\t]*(.+)$`, "m").exec(matter)?.[1]?.trim();
    return line?.replace(/^(["'])(.*)\1$/, "$2");
  };
  const licence = field("license");
  if (!licence) return NO_LICENCE;
  const more = [field("license_name"), field("license_link")].filter((part) => part !== undefined);
  return more.length > 0 ? `${licence} (${more.join(", ")})` : licence;
}
