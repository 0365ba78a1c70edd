// Texts as token ids, each encoded once: bundled texts are fetched when first needed, the user's own are sent by the page.
import { decodeText, EngineError, invariant, sha256, type Tokenizer } from "../../engine/index.ts";
import { BUNDLED_TEXTS, type TextSource } from "../../shared/texts.ts";
import { fetchOwnFile } from "./ownFile.ts";

export interface EncodedText {
  name: string;
  /** Hash of the UTF-8 bytes. */
  sha256: string;
  ids: Uint32Array;
}

const fileNameOf = (source: TextSource): string => (source.kind === "bundled" ? `${source.name}.txt` : source.name);

/** The content of a text. Throws "network" or "format" for one that cannot be loaded. */
export async function readSource(source: TextSource): Promise<string> {
  if (source.kind === "own") return source.text;
  const name = `${source.name}.txt`;
  const bytes = await fetchOwnFile(`text/${name}`, {
    what: `The text ${name}`,
    advice: "Start the studio with npm start, which makes the texts, or choose a text of your own.",
    sha256: BUNDLED_TEXTS.find((text) => text.name === source.name)?.sha256 ?? "",
  });
  return decodeText(name, bytes);
}

/** How long a text is encoded before the worker looks for messages. */
const BUSY_MS = 50;

export class Texts {
  private readonly known = new Map<string, EncodedText>();
  private tokenizer: Tokenizer | undefined;

  /** Encodes with this tokenizer from now on; a new one clears the cached ids. */
  use(tokenizer: Tokenizer): void {
    if (tokenizer !== this.tokenizer) this.known.clear();
    this.tokenizer = tokenizer;
  }

  /** Throws "format" for a text that cannot be loaded, or has fewer than 2 tokens, and "cancelled" soon after `cancelled` returns true. */
  async encoded(source: TextSource, cancelled: () => boolean = () => false): Promise<EncodedText> {
    const { tokenizer } = this;
    invariant(tokenizer, "bug", "a text was requested before a model was open");
    const key = source.kind === "bundled" ? source.name : `own:${source.name}:${source.text.length}:${source.text}`;
    let text = this.known.get(key);
    if (!text) {
      const content = await readSource(source);
      const ids = Uint32Array.from(await this.encode(tokenizer, content, cancelled));
      invariant(
        ids.length >= 2,
        "format",
        `${fileNameOf(source)}: expected at least 2 tokens, got ${ids.length}. Choose a longer text.`,
      );
      text = { name: fileNameOf(source), sha256: await sha256(new TextEncoder().encode(content)), ids };
      this.known.set(key, text);
    }
    return text;
  }

  /** Encodes in slices, so that the worker keeps receiving messages. Throws "cancelled" once another tokenizer is in use. */
  private async encode(tokenizer: Tokenizer, content: string, cancelled: () => boolean): Promise<number[]> {
    const slices = tokenizer.encodeInSlices(content);
    for (let begun = performance.now(); ;) {
      const { done, value } = slices.next();
      if (done) return value;
      if (performance.now() - begun < BUSY_MS) continue;
      await new Promise((resolve) => setTimeout(resolve));
      if (cancelled()) throw new EngineError("cancelled", "The text was not encoded: it was stopped.");
      if (this.tokenizer !== tokenizer)
        throw new EngineError("cancelled", "The text is no longer needed: another model was opened.");
      begun = performance.now();
    }
  }
}
