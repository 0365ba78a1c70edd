// Chat templates: where a folder may have them, and the entries that Python's gguf package writes of them.
import { expect, it } from "vitest";
import { memoryFolder } from "../../files/memoryFolder.ts";
import { chatEntries, readChatTemplates } from "./chatTemplates.ts";

const LIST = [
  { name: "default", template: "{{ a }}" },
  { name: "tool-use", template: "{{ b }}" },
];
const ONE = [{ name: "default", template: "{{ a }}" }];

it.each([
  ["a text in tokenizer_config.json", {}, { chat_template: "{{ a }}" }, ONE],
  ["a list there", {}, { chat_template: LIST }, LIST],
  ["chat_template.json", { "chat_template.json": JSON.stringify({ chat_template: "{{ a }}" }) }, {}, ONE],
  ["a list there", { "chat_template.json": JSON.stringify({ chat_template: LIST }) }, {}, LIST],
  ["chat_template.jinja, before the others", { "chat_template.jinja": "{{ a }}" }, { chat_template: "old" }, ONE],
  [
    "and those beside it",
    { "chat_template.jinja": "{{ a }}", "additional_chat_templates/tool-use.jinja": "{{ b }}" },
    {},
    LIST,
  ],
  ["nothing", { "chat_template.json": "{}" }, { chat_template: 7 }, []],
])("reads %s", async (_, files, config, templates) => {
  expect(await readChatTemplates(memoryFolder("model", files), config)).toEqual(templates);
});

it("has the keys of Python's gguf package", () => {
  const entry = (key: string, value: string | string[]) => ({ key, type: "string", value });
  expect(chatEntries(ONE)).toEqual([entry("tokenizer.chat_template", "{{ a }}")]);
  expect(chatEntries(LIST)).toEqual([
    entry("tokenizer.chat_template.tool_use", "{{ b }}"),
    entry("tokenizer.chat_templates", ["tool_use"]),
    entry("tokenizer.chat_template", "{{ a }}"),
  ]);
  expect(chatEntries([])).toEqual([]);
});
