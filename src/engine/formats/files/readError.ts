// The error of every reader in one form: file, field, what was expected, what is there, and what to do next.
import { shortened } from "../../../shared/format.ts";
import { EngineError, type ErrorCode, type ErrorDetail } from "../../errors.ts";

interface ReadFault {
  file: string;
  /** Path of the field within the file; left out where the fault is the file's as such. */
  field?: string;
  expected: string;
  /** What is there instead; see `showValue`. */
  got: string;
  /** What the reader of the message can do, in full sentences. */
  advice: string;
  /** "format" by default. */
  code?: ErrorCode;
  detail?: ErrorDetail;
}

/** For a file that is cut short or damaged. */
export const FETCH_AGAIN = "The file is cut short or damaged: fetch it again.";

/** For a file that breaks its format or contradicts itself: another copy would not help. */
export const WRITE_AGAIN = "The file is malformed or inconsistent: convert or export the model again.";

/** For a model that Espalier does not run. */
export const CHOOSE_ANOTHER = "Espalier does not support this: choose another model.";

/** For an adapter without its model. */
export const MERGE_ADAPTER =
  "Merge it into its base model (in PEFT: merge_and_unload, then save_pretrained) and open the merged model.";

/** For a file that a clone without Git LFS has instead of the real one. */
export const LFS_ADVICE = "Fetch the file itself: run git lfs pull in the clone, or download it from the model's page.";

/** Characters of a file's or a field's name in a message, and of what was expected and found: both may contain text from the file. */
const LONGEST_NAME = 200;
const LONGEST_PART = 800;

/** "<file>: <field>: expected X, got Y. <advice>" */
export function readError({ file, field, expected, got, advice, code = "format", detail }: ReadFault): EngineError {
  const where = [file, ...(field === undefined ? [] : [field])].map((name) => shortened(name, LONGEST_NAME)).join(": ");
  const [wanted, found] = [shortened(expected, LONGEST_PART), shortened(got, LONGEST_PART)];
  return new EngineError(code, `${where}: expected ${wanted}, got ${found}. ${advice}`, {
    file,
    ...(field === undefined ? {} : { field }),
    ...detail,
  });
}
