// Decodes text token by token, never emitting half of a character.

/** Emits text as tokens come in. */
export interface TextStream {
  /** The text that this token completes; empty while the bytes of a character are incomplete. */
  push(id: number): string;
  /** The rest of the text; call it after the last token. */
  end(): string;
}

/**
 * Undecodable bytes at the end of a text. Up to three of them may still become a character: byte-fallback decoders give one U+FFFD per byte,
 * and a UTF-8 character has at most four bytes.
 */
const INCOMPLETE = /\ufffd{1,3}$/;

/**
 * A stream that decodes with `decode`, which must accept any list of ids. Each call decodes the tokens since the last complete character,
 * after those of the characters before as context, because some tokenizers drop the first space of a text.
 */
export function startTextStream(decode: (ids: readonly number[]) => string): TextStream {
  let context: readonly number[] = [];
  let contextChars = 0;
  let pending: number[] = [];
  let emitted = 0; // characters of the pending text that were emitted already

  const take = (text: string) => {
    const fresh = text.slice(emitted);
    emitted = Math.max(emitted, text.length);
    return fresh;
  };
  return {
    push(id) {
      pending.push(id);
      const text = decode([...context, ...pending]).slice(contextChars);
      const settled = text.replace(INCOMPLETE, "");
      const fresh = take(settled);
      if (settled.length === text.length && text.length > 0) {
        context = pending;
        contextChars = decode(context).length;
        pending = [];
        emitted = 0;
      }
      return fresh;
    },
    end() {
      const fresh = take(decode([...context, ...pending]).slice(contextChars));
      pending = [];
      context = [];
      contextChars = 0;
      emitted = 0;
      return fresh;
    },
  };
}
