// The sizes of all forms as text, for the terminal.
import type { FormSize } from "../../engine/index.ts";
import { bytes, percent } from "../../shared/format.ts";

/** One line per form: its size, and for GGUF the share of the block weights that the file stores; or why it cannot be written. */
export function sizeTable(sizes: readonly FormSize[]): string {
  const lines = sizes.map(({ form, type, bytes: size, gguf, reason, without }) => {
    const name = `${form}${type ? ` ${type}` : ""}`.padEnd(NAME_WIDTH);
    if (size === undefined) return `  ${name}${reason ?? "cannot be written"}`;
    const share = gguf ? `, ${percent(gguf.blockWeights.kept / gguf.blockWeights.of)} of the block weights` : "";
    const left = without === undefined ? "" : `, without ${without}`;
    return `  ${name}${bytes(size)}${share}${left}`;
  });
  return `sizes of all forms, before any is written:\n${lines.join("\n")}`;
}

const NAME_WIDTH = 18;
