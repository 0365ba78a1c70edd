// Reads a source file's exported names and the names that it takes from other files.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** TypeScript and JavaScript sources; declaration files only describe one of them. */
const SOURCE = /(?<!\.d)\.(tsx?|m?js)$/;
/** Stands for all names of a file: `import * as`, `export * from`, and a file that is loaded by its path. */
export const ALL = "*";

export interface Module {
  file: string;
  /** Exported names that the file itself declares. */
  declared: Set<string>;
  /** Exported names that come from another file. */
  reexported: Set<string>;
  /** Names taken from other files, given by path. */
  taken: { from: string; name: string }[];
  /** How often each identifier occurs. */
  occurrences: Map<string, number>;
}

/** Paths of the sources in a folder, with its subfolders if `recursive`. */
export function sourcesIn(folder: string, recursive: boolean): string[] {
  return readdirSync(folder, { recursive, encoding: "utf8" })
    .filter((name) => SOURCE.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function namesIn(binding: ts.BindingName): string[] {
  if (ts.isIdentifier(binding)) return [binding.text];
  return binding.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : namesIn(element.name)));
}

/** Names that a statement with the modifier `export` declares. */
function declaredBy(statement: ts.Statement): string[] {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  const has = (kind: ts.SyntaxKind): boolean => modifiers.some((modifier) => modifier.kind === kind);
  if (!has(ts.SyntaxKind.ExportKeyword)) return [];
  if (has(ts.SyntaxKind.DefaultKeyword)) return ["default"];
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => namesIn(name));
  }
  const { name } = statement as ts.DeclarationStatement;
  return name && ts.isIdentifier(name) ? [name.text] : [];
}

/** Names that an import declaration takes. */
function takenBy({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  const named = bindings && ts.isNamedImports(bindings) ? bindings.elements : [];
  return [
    ...(importClause?.name ? ["default"] : []),
    ...(bindings && ts.isNamespaceImport(bindings) ? [ALL] : []),
    ...named.map(({ name, propertyName }) => (propertyName ?? name).text),
  ];
}

/** Parses one file. Imports without a relative path are packages and are left out. */
export function readModule(file: string): Module {
  const kind = file.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, kind);
  const found: Module = { file, declared: new Set(), reexported: new Set(), taken: [], occurrences: new Map() };
  const take = (from: ts.Expression, names: readonly string[]): void => {
    if (!ts.isStringLiteral(from) || !from.text.startsWith(".")) return;
    for (const name of names) found.taken.push({ from: join(dirname(file), from.text), name });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) found.occurrences.set(node.text, (found.occurrences.get(node.text) ?? 0) + 1);
    if (ts.isImportDeclaration(node)) return take(node.moduleSpecifier, takenBy(node));
    if (ts.isExportDeclaration(node)) {
      const { exportClause, moduleSpecifier } = node;
      const named = exportClause && ts.isNamedExports(exportClause) ? exportClause.elements : [];
      for (const { name } of named) (moduleSpecifier ? found.reexported : found.declared).add(name.text);
      const names = named.map(({ name, propertyName }) => (propertyName ?? name).text);
      if (moduleSpecifier) return take(moduleSpecifier, exportClause ? names : [ALL]);
    }
    // a path in a string: a worker, import(), import types, and files that a script loads, by their path from the root
    if (ts.isStringLiteral(node) && SOURCE.test(node.text)) {
      for (const from of new Set([join(dirname(file), node.text), join(node.text)]))
        found.taken.push({ from, name: ALL });
    }
    ts.forEachChild(node, visit);
  };
  for (const name of source.statements.flatMap(declaredBy)) found.declared.add(name);
  visit(source);
  return found;
}
