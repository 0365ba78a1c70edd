// Text that grows token by token, without ever showing half of a character.

/** Emits text as tokens arrive. */
export interface TextStream {
  /** The text that this token settles; empty while the bytes of a character are incomplete. */
  push(id: number): string;
  /** What was held back; call it after the last token. */
  end(): string;
}

/**
 * What undecodable bytes look like at the end of a text: at most this many are one character in the making
 * (byte-fallback decoders give one for each byte, and a UTF-8 character has at most four).
 */
const UNSETTLED = /\ufffd{1,3}$/;

/**
 * Streams through `decode`, which must give the text of any list of ids. Each decode sees the tokens since the last whole character, and
 * those before it as context, because some tokenizers drop the first space of a text.
 */
export function startTextStream(decode: (ids: readonly number[]) => string): TextStream {
  let context: readonly number[] = [];
  let contextChars = 0;
  let pending: number[] = [];
  let emitted = 0; // characters of the pending text that are out already

  const take = (text: string) => {
    const fresh = text.slice(emitted);
    emitted = Math.max(emitted, text.length);
    return fresh;
  };
  return {
    push(id) {
      pending.push(id);
      const text = decode([...context, ...pending]).slice(contextChars);
      const settled = text.replace(UNSETTLED, "");
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
