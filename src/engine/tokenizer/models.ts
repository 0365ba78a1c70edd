// The models of tokenizer.json by their type; older files leave the type out.
import { EngineError } from "../errors.ts";
import { type JsonField } from "../json/jsonFields.ts";
import { readBpe } from "./bpe.ts";
import type { TokenModel } from "./model.ts";
import { isAbsent, makePart, type Makers, TOKENIZER_FILE } from "./part.ts";
import { readUnigram } from "./unigram.ts";
import { readWordLevel, readWordPiece } from "./wordModels.ts";

const MAKERS: Makers<TokenModel> = {
  BPE: readBpe,
  Unigram: readUnigram,
  WordPiece: readWordPiece,
  WordLevel: readWordLevel,
};

/** Throws "unsupported" for another type, "format" for fields that contradict each other. */
export function readModel(field: JsonField): TokenModel {
  if (!isAbsent(field.get("type"))) return makePart(field, "model", MAKERS);
  if (!isAbsent(field.get("merges"))) return readBpe(field);
  if (Array.isArray(field.get("vocab").value)) return readUnigram(field);
  if (!isAbsent(field.get("max_input_chars_per_word"))) return readWordPiece(field);
  if (!isAbsent(field.get("vocab"))) return readWordLevel(field);
  throw new EngineError("format", `${TOKENIZER_FILE}: model: expected a vocabulary, got none; make the file anew.`, {
    file: TOKENIZER_FILE,
    field: "model",
  });
}
