// What a text is that should be JSON and is not, and what to do about it.
import { FETCH_AGAIN, LFS_ADVICE } from "./readError.ts";

/** `reason` is the parser's message. `got` and `remedy` are the end of a refusal. */
export function notJson(text: string, reason: string): { got: string; remedy: string } {
  if (text.startsWith("version https://git-lfs")) return { got: "a Git LFS pointer", remedy: LFS_ADVICE };
  if (/^\s*<(!doctype|html)/i.test(text)) {
    return { got: "a web page", remedy: "Download the file itself, not the page that shows it." };
  }
  const got = `text that does not parse (${reason.replace(/\s+/g, " ")})`;
  const cut = text.trim() === "" || !/[}\]"\w]\s*$/.test(text) || /end of|unterminated/i.test(reason);
  return { got, remedy: cut ? FETCH_AGAIN : "Correct this place, or take the file that the model was published with." };
}
