// Reads tasks from JSON lines, in the forms that lm-evaluation-harness reads and writes.
import { invariant } from "../../errors.ts";
import { parseJson } from "../../formats/files/folder.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { choiceItem, type ZeroShotTask, type TaskItem, type TaskKind } from "./task.ts";

/** Longer files are refused: a task of that size takes days. */
const MAX_BYTES = 256e6;
const MAX_CHOICES = 1000;
const FORMS =
  "Each line needs query, choices and gold (the index of the right choice), or good and bad (a minimal pair), or doc with these inside, as lm-evaluation-harness logs its samples";

/**
 * A task from JSON lines, named after the file. Every line is one of
 * - {"query", "choices", "gold"}: gold is an index of choices;
 * - {"good", "bad"} or BLiMP's {"sentence_good", "sentence_bad"}: a minimal pair;
 * - a logged sample of lm-evaluation-harness: one of these in "doc", and in "arguments", where present, the exact context and continuations.
 * Other fields are ignored. Throws "format" with file, line and field for anything else, for an empty file, and for a mixture of kinds.
 */
export function readTaskFile(name: string, content: string): ZeroShotTask {
  invariant(
    content.length <= MAX_BYTES,
    "format",
    `${name}: expected at most ${MAX_BYTES / 1e6} MB, got ${(content.length / 1e6).toFixed(0)} MB. Use a part of it.`,
  );
  const items: TaskItem[] = [];
  let kind: TaskKind | undefined;
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const field = fieldOfLine(name, index + 1, line);
    const read = itemOf(field);
    kind ??= read.kind;
    if (read.kind !== kind) field.refuse(`the kind of the lines before (${kind}), because one file is one task`);
    items.push(read.item);
  }
  invariant(kind !== undefined, "format", `${name}: expected at least one line of JSON, got none. ${FORMS}.`);
  return { name: name.replace(/\.jsonl?$/i, ""), kind, items };
}

function fieldOfLine(name: string, line: number, text: string): JsonField {
  const place = `${name}, line ${line}`;
  return new JsonField(parseJson(text, place, { advice: `${FORMS}.` }), place, "", `${FORMS}.`);
}

const has = (field: JsonField, name: string): boolean => field.get(name).value !== undefined;

function itemOf(line: JsonField): { kind: TaskKind; item: TaskItem } {
  const doc = has(line, "doc") ? line.get("doc") : line;
  if (has(doc, "good")) return { kind: "pairs", item: pairOf(doc.get("good"), doc.get("bad")) };
  if (has(doc, "sentence_good"))
    return { kind: "pairs", item: pairOf(doc.get("sentence_good"), doc.get("sentence_bad")) };
  const choices = doc
    .get("choices")
    .list()
    .map((choice) => choice.text());
  if (choices.length < 2 || choices.length > MAX_CHOICES)
    doc.get("choices").refuse(`a list of 2 to ${MAX_CHOICES} choices`);
  const gold = doc.get("gold").count(choices.length - 1);
  const item = choiceItem(doc.get("query").text(), choices, gold);
  return { kind: "choices", item: has(line, "arguments") ? withArguments(item, line.get("arguments")) : item };
}

/** A minimal pair: no context, and the right sentence first. */
const pairOf = (good: JsonField, bad: JsonField): TaskItem => choiceItem("", [good.text(), bad.text()], 0);

/** The item with the context and continuations that the harness used: a list of pairs, or an object of {arg_0, arg_1}. */
function withArguments(item: TaskItem, logged: JsonField): TaskItem {
  const pairs = (Array.isArray(logged.value) ? logged.list() : logged.entries().map(([, pair]) => pair)).map((pair) => {
    const [context, continuation] = Array.isArray(pair.value) ? pair.list(2) : [pair.get("arg_0"), pair.get("arg_1")];
    return { context: context?.text() ?? "", continuation: continuation?.text() ?? "" };
  });
  const contexts = new Set(pairs.map(({ context }) => context));
  if (pairs.length !== item.continuations.length || contexts.size !== 1) {
    logged.refuse(
      `one pair of context and continuation per choice (${item.continuations.length}), all with the same context`,
    );
  }
  return { ...item, context: pairs[0]?.context ?? "", continuations: pairs.map(({ continuation }) => continuation) };
}
