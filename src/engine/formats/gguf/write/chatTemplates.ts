// The chat templates of a model's folder as GGUF has them: one that is used, and others by name.
import { type Folder, readJson, readText } from "../../files/folder.ts";
import type { MetadataEntry } from "./ggufFile.ts";

export interface ChatTemplate {
  /** "default" for the one that is used unless another one is asked for. */
  readonly name: string;
  readonly template: string;
}

const DEFAULT = "default";
const KEY = "tokenizer.chat_template";

/** What the field of tokenizer_config.json or chat_template.json has: a text, or a list of names and texts. */
function templatesIn(value: unknown): ChatTemplate[] {
  if (typeof value === "string") return [{ name: DEFAULT, template: value }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown): ChatTemplate[] => {
    const { name, template } = (one ?? {}) as Record<string, unknown>;
    return typeof name === "string" && typeof template === "string" ? [{ name, template }] : [];
  });
}

const inField = (config: unknown): ChatTemplate[] =>
  templatesIn((config as Record<string, unknown> | null)?.["chat_template"]);

/**
 * The templates of a folder, of the first of these that has any: chat_template.jinja, with those of additional_chat_templates; tokenizerConfig
 * (the parsed tokenizer_config.json); chat_template.json.
 */
export async function readChatTemplates(
  folder: Folder,
  tokenizerConfig: Readonly<Record<string, unknown>>,
): Promise<ChatTemplate[]> {
  const names = folder.list();
  const textOf = async (file: string): Promise<string> => readText(await folder.open(file));
  if (names.includes("chat_template.jinja")) {
    const templates = [{ name: DEFAULT, template: await textOf("chat_template.jinja") }];
    for (const file of names) {
      const name = /^additional_chat_templates\/(.+)\.jinja$/.exec(file)?.[1];
      if (name !== undefined) templates.push({ name, template: await textOf(file) });
    }
    return templates;
  }
  const inConfig = inField(tokenizerConfig);
  if (inConfig.length > 0 || !names.includes("chat_template.json")) return inConfig;
  return inField(await readJson(await folder.open("chat_template.json")));
}

/** The entries of the templates, with the keys of Python's gguf package. */
export function chatEntries(templates: readonly ChatTemplate[]): MetadataEntry[] {
  const keyed = templates.map(({ name, template }) => ({ name: name.replace(/[^A-Za-z0-9]/g, "_"), template }));
  const others = keyed.filter(({ name }) => name !== DEFAULT);
  const text = (key: string, value: string): MetadataEntry => ({ key, type: "string", value });
  return [
    ...others.map(({ name, template }) => text(`${KEY}.${name}`, template)),
    ...(others.length > 0
      ? [{ key: `${KEY}s`, type: "string", value: others.map(({ name }) => name) } satisfies MetadataEntry]
      : []),
    ...keyed.filter(({ name }) => name === DEFAULT).map(({ template }) => text(KEY, template)),
  ];
}
