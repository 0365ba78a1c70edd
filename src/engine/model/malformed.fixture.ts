// Malformed versions of a valid JSON file or of bytes, for tests that no reader hangs, crashes or accepts nonsense.
import fc from "fast-check";

/** Values that a stranger may put anywhere. */
const HOSTILE: readonly unknown[] = [
  ...[null, true, false, 0, -1, 0.5, -0.5, 1e3, 1e6, 1e9, 2 ** 31, 2 ** 32, 2 ** 53, 1e16, 1e300, 1e-300, -(2 ** 31)],
  ...["", " ", "x", "-1", "NaN", "\u0000", "\ud800", "\u202e", "x".repeat(1e5), "constructor", "__proto__", "toString"],
  ...[[], {}, [[]], [null], [-1], ["x"], { type: "Magic" }, { a: {} }, Array(1000).fill(1e9)],
];

/** Texts that replace a value: what JSON.stringify cannot write. */
const TEXTS = [
  "1e999",
  "-1e999",
  "[".repeat(5000),
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  '{"a":1,"a":2}',
  '{"__proto__":{}}',
  "NaN",
  "",
];

type Container = Record<string, unknown> | unknown[];
const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null;

/** Every place of a value, as the object or list that has it and the key. Of large objects the first few keys. */
function placesIn(
  value: Container,
  found: { owner: Container; key: string }[] = [],
): { owner: Container; key: string }[] {
  for (const key of Object.keys(value).slice(0, 40)) {
    found.push({ owner: value, key });
    const inner = (value as Record<string, unknown>)[key];
    if (isContainer(inner)) placesIn(inner, found);
  }
  return found;
}

const MARK = "<<here>>";

/** A JSON text with one change: another value, a removed or a doubled key, or damage to the text. */
export function malformedJson(valid: unknown): fc.Arbitrary<string> {
  const text = JSON.stringify(valid);
  const count = placesIn(structuredClone(valid) as Container).length;
  const changed = (place: number, change: (owner: Record<string, unknown>, key: string) => void): string => {
    const copy = structuredClone(valid) as Container;
    const { owner, key } = placesIn(copy)[place]!;
    change(owner as Record<string, unknown>, key);
    return JSON.stringify(copy);
  };
  const place = fc.nat(count - 1);
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(place, fc.constantFrom(...HOSTILE))
        .map(([at, value]) => changed(at, (owner, key) => (owner[key] = value))),
    },
    fc
      .tuple(place, fc.constantFrom(...TEXTS))
      .map(([at, value]) => changed(at, (owner, key) => (owner[key] = MARK)).replace(`"${MARK}"`, () => value)),
    place.map((at) =>
      changed(at, (owner, key) => (Array.isArray(owner) ? owner.splice(Number(key), 1) : delete owner[key])),
    ),
    place.map((at) => {
      const { owner, key } = placesIn(structuredClone(valid) as Container)[at]!;
      const member = `${JSON.stringify(key)}:`;
      return Array.isArray(owner) ? text : text.replace(member, () => `${member}0,${member}`);
    }),
    fc.nat(text.length).map((end) => text.slice(0, end)),
    fc
      .tuple(fc.nat(text.length - 1), fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "0", "-", "\\", " ", "e"))
      .map(([at, unit]) => text.slice(0, at) + unit + text.slice(at + 1)),
  );
}

/** Bytes with a few of the first `within` changed to other bytes, or cut. */
export function malformedBytes(valid: Uint8Array, within = valid.length): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const change = fc.tuple(fc.nat(within - 1), fc.constantFrom(0, 1, 0x22, 0x2c, 0x7b, 0x7f, 0x80, 0xfe, 0xff));
  return fc.oneof(
    fc.array(change, { minLength: 1, maxLength: 8 }).map((changes) => {
      const bytes = Uint8Array.from(valid);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    }),
    fc.nat(within).map((end) => Uint8Array.from(valid.subarray(0, end))),
  );
}
