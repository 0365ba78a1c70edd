// Reads from WGSL text what a launcher must agree with: an entry point's bindings and the fields of its uniform struct.
import { invariant } from "../errors.ts";

export type Access = "read" | "read_write";
export type FieldType = "u32" | "i32" | "f32";

export interface EntryPoint {
  /** Storage bindings of group 0 in order of their number. */
  readonly bindings: readonly { name: string; access: Access }[];
  /** Fields of the uniform struct in group 1, in order; all are 4-byte scalars. Empty where there is no uniform. */
  readonly fields: readonly { name: string; type: FieldType }[];
}

const stripComments = (code: string): string => code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");

function bodiesOf(code: string): Map<string, string> {
  const bodies = new Map<string, string>();
  for (const match of code.matchAll(/\bfn\s+(\w+)\s*\(/g)) {
    const open = code.indexOf("{", match.index);
    let depth = 0;
    let end = open;
    do {
      if (code[end] === "{") depth++;
      if (code[end] === "}") depth--;
      end++;
    } while (depth > 0 && end < code.length);
    bodies.set(match[1] ?? "", code.slice(match.index, end));
  }
  return bodies;
}

/** Every identifier that `entry` can reach through the functions that it calls. */
function reachable(bodies: Map<string, string>, entry: string): Set<string> {
  const names = new Set<string>();
  const queue = [entry];
  for (let fn = queue.pop(); fn !== undefined; fn = queue.pop()) {
    for (const [name] of (bodies.get(fn) ?? "").matchAll(/(?<![.\w])[A-Za-z_]\w*/g)) {
      if (!names.has(name) && bodies.has(name) && name !== entry) queue.push(name);
      names.add(name);
    }
  }
  return names;
}

/** What `entry` of `code` binds. Throws EngineError("shader") where the text breaks the contract of shaders/README.md. */
export function readEntryPoint(source: string, entry: string, label: string): EntryPoint {
  const code = stripComments(source);
  const bodies = bodiesOf(code);
  invariant(bodies.has(entry), "shader", `${label}: WGSL has no entry point "${entry}"`);
  const used = reachable(bodies, entry);

  const storage = /@group\(0\)\s*@binding\((\d+)\)\s*var<storage\s*(?:,\s*(read|read_write)\s*)?>\s*(\w+)/g;
  const bindings: { name: string; access: Access }[] = [];
  for (const [, number, access, name] of code.matchAll(storage)) {
    if (!name || !used.has(name)) continue;
    invariant(!bindings[Number(number)], "shader", `${label}: two used variables share binding ${number ?? ""}`);
    bindings[Number(number)] = { name, access: access === "read_write" ? "read_write" : "read" };
  }
  for (let i = 0; i < bindings.length; i++) {
    invariant(
      bindings[i],
      "shader",
      `${label}: entry "${entry}" leaves out binding ${i}; number them from 0 without gaps`,
    );
  }

  const uniform = [...code.matchAll(/@group\(1\)\s*@binding\(0\)\s*var<uniform>\s*(\w+)\s*:\s*(\w+)/g)].find(
    ([, name]) => used.has(name ?? ""),
  );
  if (!uniform) return { bindings, fields: [] };
  const struct = new RegExp(`struct\\s+${uniform[2] ?? ""}\\s*\\{([^}]*)\\}`).exec(code);
  invariant(struct, "shader", `${label}: struct ${uniform[2] ?? ""} of the uniform is not declared`);
  const fields = (struct[1] ?? "")
    .split(",")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const field = /^\s*(\w+)\s*:\s*(u32|i32|f32)\s*$/.exec(line);
      invariant(field, "shader", `${label}: uniform field "${line.trim()}" must be a u32, i32 or f32 scalar`);
      return { name: field[1] ?? "", type: field[2] as FieldType };
    });
  return { bindings, fields };
}
