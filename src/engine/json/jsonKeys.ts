// Finds duplicate keys in JSON, which JSON.parse silently drops.

/** The first key that occurs twice in one object of `text`, which must be valid JSON. One pass, no recursion. */
export function duplicateKey(text: string): string | undefined {
  const scopes: (Set<string> | undefined)[] = []; // the keys of each open object; undefined for an array
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "{") scopes.push(new Set());
    else if (char === "[") scopes.push(undefined);
    else if (char === "}" || char === "]") scopes.pop();
    else if (char === '"') {
      const start = i;
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === "\\") i++;
      let next = i + 1;
      while (next < text.length && " \t\r\n".includes(text[next]!)) next++;
      if (text[next] !== ":") continue; // a value
      const key = JSON.parse(text.slice(start, i + 1)) as string; // two spellings of one key are the same key
      const keys = scopes.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}
