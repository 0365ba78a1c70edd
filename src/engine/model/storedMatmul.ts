// The stored table of a model's matmul kernels: what it was measured for, how it is written, and how it is checked when it is read.
import { EngineError } from "../errors.ts";
import { parseJson } from "../formats/files/folder.ts";
import { JsonField } from "../json/jsonFields.ts";
import { sha256 } from "./open.ts";
import {
  MATMUL_KERNELS,
  type MatmulShape,
  type MatmulTable,
  readMatmulTable,
  shapeClass,
} from "../matmul/matmulTable.ts";

const FORMAT = "espalier-matmul-1";
/** Digits of the hash that names a file. */
const NAME_DIGITS = 16;

/** What a table was measured for. Another adapter, driver, browser, version or list of shapes needs another table. */
interface MatmulSubject {
  /** Name and description of the adapter, which contains its driver where the browser reveals it. */
  adapter: string;
  /** Name and version of the browser. */
  browser: string;
  kernels: number;
  /** The classes of the shapes. */
  shapes: readonly string[];
}

export const subjectOf = (adapter: string, browser: string, shapes: readonly MatmulShape[]): MatmulSubject => ({
  ...{ adapter, browser, kernels: MATMUL_KERNELS },
  shapes: shapes.map(shapeClass),
});

/** The name of the file for a subject: the beginning of a SHA-256. */
export async function matmulFileName({ adapter, browser, kernels, shapes }: MatmulSubject): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([adapter, browser, kernels, shapes]));
  return `${(await sha256(bytes)).slice(0, NAME_DIGITS)}.json`;
}

/** The text of the file. */
export const storedMatmulText = ({ adapter, browser, kernels, shapes }: MatmulSubject, table: MatmulTable): string =>
  `${JSON.stringify({ format: FORMAT, subject: { adapter, browser, kernels, shapes }, table }, null, 1)}\n`;

/**
 * The table in the text of a file. Throws "format" naming the field that is missing, of the wrong kind or of another subject, or a class
 * that has no kernel.
 */
export function readStoredMatmul(text: string, subject: MatmulSubject, file: string): MatmulTable {
  const root = new JsonField(parseJson(text, file, { advice: "" }), file);
  root.get("format").oneOf([FORMAT]);
  const stored = root.get("subject");
  for (const key of ["adapter", "browser", "kernels"] as const) stored.get(key).oneOf([subject[key]]);
  const shapes = stored.get("shapes").list(subject.shapes.length);
  for (const [i, shape] of shapes.entries()) shape.oneOf([subject.shapes[i] ?? ""]);
  const table = readMatmulTable(root.get("table"));
  const classes = Object.keys(table.classes);
  const missing = classes.length > 0 && subject.shapes.find((shape) => !Object.hasOwn(table.classes, shape));
  if (missing === false || missing === undefined) return table;
  throw new EngineError("format", `${file}: table.classes: expected a kernel for "${missing}", got none`);
}
