// The list of added tokens: read from tokenizer.json, added to as the tokenizers library does, and written.
import type { JsonField } from "../json/jsonFields.ts";
import type { AddedToken } from "./addedTokens.ts";
import type { TokenModel } from "./model.ts";
import { flagOr, isAbsent } from "./part.ts";

const MAX_ID = 2 ** 31;

/** The flags of an added token. */
export type TokenFlags = Omit<AddedToken, "id">;

/**
 * Added tokens as the tokenizers library keeps them. It numbers them itself: by the vocabulary where it has them, else one after the other
 * from its size on. A token that comes again keeps its id and gets the new flags, but stays special if it ever was.
 */
export class AddedTokens {
  private readonly byContent = new Map<string, AddedToken>();
  private readonly model: Pick<TokenModel, "vocabulary" | "size">;
  private next: number;

  constructor(model: Pick<TokenModel, "vocabulary" | "size">) {
    this.model = model;
    this.next = model.size;
  }

  get(content: string): AddedToken | undefined {
    return this.byContent.get(content);
  }

  list(): AddedToken[] {
    return [...this.byContent.values()];
  }

  /** Adds a token. Throws "format" at `place` where a file gives a new one another `id`, for one of the two would be wrong. */
  add(token: TokenFlags, given?: { id: number; place: JsonField }): void {
    const { content } = token;
    if (content === "") return;
    const known = this.byContent.get(content);
    const id = known?.id ?? this.model.vocabulary.get(content) ?? this.next;
    if (given && !known && given.id !== id)
      given.place.refuse(`${id}, the id that the tokenizers library gives ${JSON.stringify(content)}`);
    this.next = Math.max(this.next, id + 1);
    this.byContent.set(content, { ...token, id, special: token.special || known?.special === true });
  }
}

/** The added tokens of tokenizer.json. Throws "format". */
export function readAddedTokens(listed: JsonField, model: Pick<TokenModel, "vocabulary" | "size">): AddedTokens {
  const added = new AddedTokens(model);
  if (isAbsent(listed)) return added;
  for (const token of listed.list()) {
    const place = token.get("id");
    added.add(readFlags(token), { id: place.count(MAX_ID), place });
  }
  return added;
}

/** A token's content and flags from a file; `special` where its place says that it is. */
export function readFlags(token: JsonField, isSpecial = false): TokenFlags {
  const special = isSpecial || flagOr(token.get("special"), false);
  return {
    content: token.get("content").text(),
    singleWord: flagOr(token.get("single_word"), false),
    lstrip: flagOr(token.get("lstrip"), false),
    rstrip: flagOr(token.get("rstrip"), false),
    normalized: flagOr(token.get("normalized"), !special),
    special,
  };
}

/** Added tokens as tokenizer.json lists them. */
export function listedTokens(added: readonly AddedToken[]): object[] {
  const byId = [...added].sort((a, b) => a.id - b.id);
  return byId.map(({ singleWord, ...token }) => ({ ...token, single_word: singleWord }));
}
