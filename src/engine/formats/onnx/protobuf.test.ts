// The wire format compared with encodings worked out by hand, sizes compared with bytes, and the transposition of matrices.
import { describe, expect, it } from "vitest";
import { collectBytes } from "../files/memoryFolder.ts";
import {
  floatField,
  intField,
  intFields,
  join,
  lazyField,
  messageField,
  textField,
  writeMessage,
  type Message,
} from "./protobuf.ts";
import { transposedChunks } from "./transpose.ts";

async function hex(message: Message): Promise<string> {
  const bytes = await collectBytes(writeMessage(message));
  expect(bytes.length).toBe(message.sizeBytes);
  return Buffer.from(bytes).toString("hex");
}

describe("protobuf", () => {
  it("writes each kind of field", async () => {
    expect(await hex(intField(1, 150))).toBe("089601");
    expect(await hex(intField(20, 0))).toBe("a00100");
    expect(await hex(intField(3, -1))).toBe("18ffffffffffffffffff01");
    expect(await hex(intField(1, 2 ** 40))).toBe("08808080808020");
    expect(await hex(intFields(8, [3, 270]))).toBe("4003408e02");
    expect(await hex(textField(2, "testing"))).toBe("120774657374696e67");
    expect(await hex(textField(2, "ü"))).toBe("1202c3bc");
    expect(await hex(floatField(2, 1))).toBe("150000803f");
    expect(await hex(messageField(3, intField(1, 150)))).toBe("1a03089601");
    expect(await hex(messageField(3, join([])))).toBe("1a00");
  });

  it("knows the size of lazy bytes, also beyond 4 GB, and requests them only when it writes them", async () => {
    let asked = 0;
    const content = {
      sizeBytes: 300,
      async *chunks() {
        asked++;
        yield new Uint8Array(100);
        yield new Uint8Array(200).fill(1);
      },
    };
    const message = messageField(7, join([textField(1, "a"), lazyField(9, content), intField(2, 1)]));
    expect(asked).toBe(0);
    const text = await hex(message);
    expect(asked).toBe(1);
    expect(text.startsWith("3ab402" + "0a0161" + "4aac02" + "00")).toBe(true);
    expect(text.endsWith("01" + "1001")).toBe(true);
    const large = lazyField(9, { ...content, sizeBytes: 5 * 2 ** 30 });
    expect(large.sizeBytes).toBe(5 * 2 ** 30 + 6);
  });
});

function bytesOf(list: readonly number[], elementBytes: number): Uint8Array {
  const words = elementBytes === 2 ? Uint16Array.from(list) : Uint32Array.from(list);
  return new Uint8Array(words.buffer);
}

describe("transposition", () => {
  it.each([
    { rows: 5, columns: 7, bytes: 2 },
    { rows: 7, columns: 5, bytes: 4 },
    { rows: 1, columns: 9, bytes: 4 },
    { rows: 9, columns: 1, bytes: 2 },
  ])("$rows x $columns of $bytes bytes, in chunks of any size", async ({ rows, columns, bytes }) => {
    const numbers = Array.from({ length: rows * columns }, (_, i) => i * 131);
    const transposed = numbers.map((_, i) => numbers[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
    const [values, expected] = [numbers, transposed].map((list) => bytesOf(list, bytes));
    if (!values || !expected) throw new Error("two lists give two arrays");
    // a view whose start is not aligned to wider elements
    const padded = new Uint8Array(values.length + 1);
    padded.set(values, 1);
    for (const chunkBytes of [1, 2 * rows * bytes, 1000]) {
      const chunks = [...transposedChunks(padded.subarray(1), { rows, columns, elementBytes: bytes, chunkBytes })];
      expect(Buffer.concat(chunks).equals(expected)).toBe(true);
      if (chunkBytes === 1) expect(chunks.length).toBe(columns);
    }
  });
});
