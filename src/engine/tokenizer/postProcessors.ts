// Post-processors: the special tokens that a tokenizer puts around a text.
import type { JsonField } from "../json/jsonFields.ts";
import { isAbsent, makePart, type Makers } from "./part.ts";

/** Ids put before and after those of the text. */
interface SpecialFrame {
  before: readonly number[];
  after: readonly number[];
}

const NOTHING: SpecialFrame = { before: [], after: [] };

/** Throws "unsupported" for a type that is not computed, "format" for an id that is no key of `tokens`. */
export function readPostProcessor(field: JsonField, tokens: ReadonlyMap<number, string>): SpecialFrame {
  if (isAbsent(field)) return NOTHING;
  const frame = readProcessor(field);
  const unknown = [...frame.before, ...frame.after].find((id) => !tokens.has(id));
  return unknown === undefined ? frame : field.refuse(`ids of the tokenizer's tokens, which ${unknown} is not`);
}

const readProcessor = (field: JsonField): SpecialFrame =>
  isAbsent(field) ? NOTHING : makePart(field, "post-processor", MAKERS);

/** ["</s>", 2]. */
const idOfPair = (field: JsonField): number => field.list(2)[1]?.count() ?? 0;
const around = (field: JsonField): SpecialFrame => ({
  before: [idOfPair(field.get("cls"))],
  after: [idOfPair(field.get("sep"))],
});

const MAKERS: Makers<SpecialFrame> = {
  ByteLevel: () => NOTHING,
  BertProcessing: around,
  RobertaProcessing: around,
  TemplateProcessing: template,
  Sequence: (field) =>
    field
      .get("processors")
      .list()
      .map(readProcessor)
      .reduce((inner, outer) => ({
        before: [...outer.before, ...inner.before],
        after: [...inner.after, ...outer.after],
      })),
};

function template(field: JsonField): SpecialFrame {
  const tokens = field.get("special_tokens");
  const before: number[] = [];
  const after: number[] = [];
  let seen = false;
  for (const piece of field.get("single").list()) {
    const special = piece.get("SpecialToken");
    if (isAbsent(special)) {
      if (seen) piece.refuse("the text once");
      piece.get("Sequence").get("id").oneOf(["A"]);
      seen = true;
    } else {
      const ids = tokens.get(special.get("id").text()).get("ids").list();
      for (const id of ids) (seen ? after : before).push(id.count());
    }
  }
  if (!seen) field.get("single").refuse("a place for the text (Sequence A)");
  return { before, after };
}
