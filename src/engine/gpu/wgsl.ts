// Reads from WGSL text what a launcher must agree with: an entry point's bindings and the fields of its uniform struct.
import { stripComments } from "../../shared/stripComments.ts";
import { invariant } from "../errors.ts";

type Access = "read" | "read_write";
type FieldType = "u32" | "i32" | "f32";

export interface EntryPoint {
  /** Storage bindings of group 0, ordered by number. */
  readonly bindings: readonly { name: string; access: Access }[];
  /** Fields of the uniform struct in group 1, in order. All are 4-byte scalars. Empty without a uniform. */
  readonly fields: readonly { name: string; type: FieldType }[];
}

/** The text of every function by name. */
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

/** What `entry` binds. Throws EngineError("shader") if the text breaks the contract of shaders/README.md. `label` names the kernel in errors. */
export function readEntryPoint(source: string, entry: string, label: string): EntryPoint {
  const code = stripComments(source);
  const bodies = bodiesOf(code);
  invariant(bodies.has(entry), "shader", `${label}: the WGSL has no entry point "${entry}"`);
  const used = reachable(bodies, entry);
  return { bindings: bindingsOf(code, used, label), fields: fieldsOf(code, used, label) };
}

function bindingsOf(code: string, used: ReadonlySet<string>, label: string): EntryPoint["bindings"] {
  const storage = /@group\(0\)\s*@binding\((\d+)\)\s*var<storage\s*(?:,\s*(read|read_write)\s*)?>\s*(\w+)/g;
  const bindings: { name: string; access: Access }[] = [];
  for (const [, number, access, name] of code.matchAll(storage)) {
    if (!name || !used.has(name)) continue;
    const other = bindings[Number(number)]?.name;
    invariant(
      other === undefined,
      "shader",
      `${label}: expected one variable per binding, got ${other ?? ""} and ${name} for binding ${number ?? ""}`,
    );
    bindings[Number(number)] = { name, access: access === "read_write" ? "read_write" : "read" };
  }
  for (let i = 0; i < bindings.length; i++) {
    invariant(bindings[i], "shader", `${label}: binding ${i} is missing; number the bindings from 0 without gaps`);
  }
  return bindings;
}

function fieldsOf(code: string, used: ReadonlySet<string>, label: string): EntryPoint["fields"] {
  const uniforms = code.matchAll(/@group\(1\)\s*@binding\(0\)\s*var<uniform>\s*(\w+)\s*:\s*(\w+)/g);
  const uniform = [...uniforms].find(([, name]) => used.has(name ?? ""));
  if (!uniform) return [];
  const type = uniform[2] ?? "";
  const struct = new RegExp(`struct\\s+${type}\\s*\\{([^}]*)\\}`).exec(code);
  invariant(struct, "shader", `${label}: the uniform's struct ${type} is not declared`);
  return (struct[1] ?? "")
    .split(",")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const field = /^\s*(\w+)\s*:\s*(u32|i32|f32)\s*$/.exec(line);
      invariant(field, "shader", `${label}: expected uniform fields of type u32, i32 or f32, got "${line.trim()}"`);
      return { name: field[1] ?? "", type: field[2] as FieldType };
    });
}
