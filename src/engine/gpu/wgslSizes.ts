// Reads sizes from WGSL text (workgroup sizes, tile sizes), so that launchers size their dispatches by what the kernel declares.
import { invariant } from "../errors.ts";
import { stripComments } from "../../shared/stripComments.ts";

/** The sizes of one kernel under its override values. */
export interface KernelSizes {
  /** Invocations of one workgroup: the product of @workgroup_size. */
  readonly workgroup: number;
  /** The value of a module-scope `const` or `override`, by name. Throws EngineError("shader") if it is not declared or cannot be read. */
  constant(name: string): number;
}

/** A kernel as far as its sizes are concerned; a KernelSpec is one. */
interface SizedKernel {
  readonly label: string;
  readonly code: string;
  readonly entry: string;
  /** Values of `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
}

/**
 * Reads a kernel's sizes. What can be read is made of numbers, true and false, names of other constants, +, -, * and parentheses.
 * Throws EngineError("shader") for a workgroup size that is missing or made of anything else.
 */
export function readSizes({ label, code: source, entry, constants = {} }: SizedKernel): KernelSizes {
  const code = stripComments(source);
  const values = new Map<string, number>();
  /** Names whose expressions are being read. */
  const open = new Set<string>();

  function constant(name: string): number {
    const known = values.get(name);
    if (known !== undefined) return known;
    const found = new RegExp(`\\b(const|override)\\s+${name}\\b\\s*(?::\\s*\\w+\\s*)?(?:=([^;]*))?;`).exec(code);
    invariant(found, "shader", `${label}: the WGSL declares no constant "${name}"`);
    invariant(!open.has(name), "shader", `${label}: the constant "${name}" is defined by itself`);
    open.add(name);
    const given = found[1] === "override" ? constants[name] : undefined;
    invariant(given !== undefined || found[2], "shader", `${label}: the override "${name}" needs a value`);
    const value = given ?? evaluate(found[2] ?? "", constant, `${label}: ${name}`);
    open.delete(name);
    values.set(name, value);
    return value;
  }

  const workgroup = workgroupArguments(code, entry, label)
    .map((size) => evaluate(size, constant, `${label}: workgroup size`))
    .reduce((product, size) => product * size, 1);
  return { workgroup, constant };
}

/** The texts x, y, z of @workgroup_size(x, y, z) before `entry`. */
function workgroupArguments(code: string, entry: string, label: string): string[] {
  const declared = new RegExp(`\\bfn\\s+${entry}\\s*\\(`).exec(code);
  invariant(declared, "shader", `${label}: the WGSL has no entry point "${entry}"`);
  const attributes = code.slice(0, declared.index).split(/[;}]/).at(-1) ?? "";
  const found = /@workgroup_size\s*\((.*)\)/s.exec(attributes);
  invariant(found, "shader", `${label}: the entry point "${entry}" has no @workgroup_size`);
  return (found[1] ?? "").replace(/,\s*$/, "").split(",");
}

/** The value of an expression. `what` begins the error. */
function evaluate(text: string, constant: (name: string) => number, what: string): number {
  const tokens = text.match(/[A-Za-z_]\w*|\d[\w.]*|\S/g) ?? [];
  let next = 0;
  const refuse = (): never => {
    invariant(false, "shader", `${what}: expected numbers, constants, +, -, * and parentheses, got "${text.trim()}"`);
  };

  function factor(): number {
    const token = tokens[next++] ?? refuse();
    if (token === "(") {
      const value = sum();
      return tokens[next++] === ")" ? value : refuse();
    }
    if (token === "true") return 1;
    if (token === "false") return 0;
    if (/^[A-Za-z_]\w*$/.test(token) && tokens[next] !== "(") return constant(token);
    const [, number] = /^(\d+(?:\.\d*)?)[uif]?$/.exec(token) ?? [];
    return number === undefined ? refuse() : Number(number);
  }

  function product(): number {
    let value = factor();
    for (; tokens[next] === "*";) {
      next++;
      value *= factor();
    }
    return value;
  }

  function sum(): number {
    let value = product();
    for (let sign = tokens[next]; sign === "+" || sign === "-"; sign = tokens[next]) {
      next++;
      value += sign === "+" ? product() : -product();
    }
    return value;
  }

  const value = sum();
  return next === tokens.length ? value : refuse();
}
