// The scan of a JSON text finds what a reader must refuse, and nothing else.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonFault } from "./scanJson.ts";

describe("faults, with the object or list that has them", () => {
  test.each([
    ['{"a":1,"a":2}', { kind: "twice", path: "", key: "a" }],
    ['{"m":{"v":{"x":0,"y":1,"x":2}}}', { kind: "twice", path: "m.v", key: "x" }],
    ['[0,{"b":[{},{"c":1,"c" : 1}]}]', { kind: "twice", path: "[1].b[1]", key: "c" }],
    ['{"a":1,"\\u0061":2}', { kind: "twice", path: "", key: "a" }],
    [`{${[...Array(20).keys(), 3].map((key) => `"${key}":0`).join()}}`, { kind: "twice", path: "", key: "3" }],
    ['{"a":{"__proto__":{}}}', { kind: "proto", path: "a", key: "__proto__" }],
    ['{"a":{"\\u005f_proto__":{}}}', { kind: "proto", path: "a", key: "__proto__" }],
    ['[[{"a":[[]]}]]', { kind: "deep", path: "[0][0].a[0]", key: "" }],
    ['{"a":1,"a":2} and [[[[[[', { kind: "deep", path: "[0][0][0][0]", key: "" }],
  ])("%s", (text, fault) => {
    expect(jsonFault(text, 4)).toEqual(fault);
  });

  test.each([
    '{"a":"a","b":["a","a"],"c":{"a":1}}',
    '["a","a"]',
    '{"a":"\\\\","b":"\\",\\"a\\":"}',
    '{"a" "a"}',
    '"',
    "",
  ])("none in %s", (text) => {
    expect(jsonFault(text, 4)).toBeUndefined();
  });

  test("__proto__ may be a word, once", () => {
    const text = '{"model":{"vocab":{"__proto__":5}}}';
    expect(jsonFault(text, 9, ["model.vocab"])).toBeUndefined();
    expect(jsonFault(text, 9, ["vocab"])).toMatchObject({ kind: "proto" });
    expect(jsonFault('{"__proto__":5,"__proto__":6}', 9, [""])).toMatchObject({ kind: "twice" });
  });

  test("a million levels are found without recursion", () => {
    expect(jsonFault("[".repeat(1e6), 64)).toMatchObject({ kind: "deep" });
    expect(jsonFault('{"a":'.repeat(1e6), 64)).toMatchObject({ kind: "deep", path: "a.a.a.a" });
  });
});

test("what JSON.stringify writes has no fault, and one key more, of any object, is found", () => {
  const words = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 });
  const value = words.filter((one) => !JSON.stringify(one).includes("__proto__"));
  fc.assert(
    fc.property(value, fc.nat(), (object, choice) => {
      expect(jsonFault(JSON.stringify(object, null, choice % 3), 64)).toBeUndefined();
      const keys = Object.keys(object);
      const key = keys[choice % keys.length] ?? "";
      const text = JSON.stringify(object).replace(/}$/, () => `,${JSON.stringify(key)}:0}`);
      expect(jsonFault(JSON.stringify([text]), 64)).toBeUndefined();
      expect(jsonFault(`[${text}]`, 64)).toEqual({ kind: "twice", path: "[0]", key });
    }),
  );
});

test("no text makes it throw", () => {
  const part = fc.constantFrom("{", "}", "[", "]", '"', "\\", ":", ",", "a", " ", '"a":', "\\u00");
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const fault = jsonFault(parts.join(""), 8);
      expect(fault === undefined || ["deep", "twice", "proto"].includes(fault.kind)).toBe(true);
    }),
  );
});
