// Who may import whom (ARCHITECTURE.md), as settings of no-restricted-imports: one ban per line, each with what to do instead.
// Relative imports name their folder and extension, so a pattern can match the text of an import exactly.

/** The floors of the engine, lowest first: a floor may import those before it. Some are subfolders of another floor. */
export const ENGINE_FLOORS = [
  ...["errors.ts", "rng.ts", "dtype.ts", "logitsSize.ts"],
  ...["json/", "tokenizer/", "config/", "recipes/", "masks/", "matmul/"],
  ...["formats/files/", "formats/safetensors/", "formats/receipt/", "formats/runs/", "formats/card/"],
  ...["formats/export/", "formats/gguf/", "formats/hub/", "formats/onnx/"],
  ...["gpu/", "tensor.ts", "gradients.ts", "tape.ts", "ctx.ts", "ops/kit/", "ops/", "ops/registry/"],
  ...["model/", "prune/gates/", "prune/weights/", "evaluate/", "train/", "recover/", "golden/"],
];
/** Floors below gpu/ are plain data, which Node can load. */
const PLAIN_FLOORS = ENGINE_FLOORS.slice(0, ENGINE_FLOORS.indexOf("gpu/"));
/** The floors of the charts. */
const CHART_FLOORS = ["lib/", "gates/", "weights/", "runs/", "gallery/"];

const ban = (regex, message, options = {}) => ({ regex, message, ...options });
const types = { allowTypeImports: true };

const REACT = ban(
  "^(react|react-dom|radix-ui)(/|$)",
  "React is used in src/ui only: keep this file plain and let a component call it.",
);
const D3 = ban(
  "^d3(-|/|$)",
  "d3 is used in src/charts only: add a chart f(node, options) -> { update, destroy } there.",
);
const STORE = ban("^zustand(/|$)", "The store is in src/state: take values as arguments.");
const RUNTIMES = ban(
  "^(onnxruntime|@wllama/)",
  "Other runtimes are used in src/verify only: call what src/verify exports.",
);
const NODE = ban("^node:", "This code runs in a browser: use Node in src/cli, scripts, bench and e2e only.");
const WGSL = ban("\\.wgsl(\\?|$)", "Only src/engine/ops imports shaders: write an op there and call its launcher.");
const UI = ban("/ui/", "Only main.tsx imports src/ui: let src/ui call this instead.");
const CHARTS = ban("/charts/", "Only src/ui (and main.tsx) draws charts: return the data to it.");
const STATE = ban("/state/", "Only src/ui and main.tsx use the store: take values as arguments.");
const VERIFY = ban(
  "/verify/",
  "Only src/worker and src/cli/page call src/verify; they pass its readers to the engine.",
);
const WORKER = ban(
  "/worker/",
  "Only src/state talks to the worker, through src/worker/client.ts: call an action of the store.",
  types,
);
const HOST = ban("/worker/host", "The host runs in the worker: use src/worker/client.ts on the page.");
const LAB = ban(
  "/lab/",
  "The lab is large and rarely used: load it in src/worker with `await import(...)`; elsewhere import its types only.",
  types,
);
const CLI = ban("/cli/", "The command line is above everything else: nothing imports it.");
const ABOVE_SHARED = ban("^\\.\\./", "src/shared is below everything else: take values as arguments.");
const INSIDE_ENGINE = ban(
  "/engine/(?!index\\.ts$)",
  "Outside the engine import src/engine/index.ts only: export what you need there.",
);
/** Node cannot load WGSL, which the engine's index imports. */
const ENGINE_IN_NODE = ban(
  `/engine/(?!(index\\.ts$|${PLAIN_FLOORS.map((floor) => floor.replace(".", "\\.")).join("|")}))`,
  "Import src/engine/index.ts on a page. In Node, which cannot load WGSL, import the engine's plain floors (scripts/importRules.js).",
);
const ENGINE = ban("/engine/", "Charts take plain arrays and options: of the engine import types only.", types);

/** Everything above or beside the engine. */
const OUTSIDE = [REACT, D3, STORE, RUNTIMES, NODE, UI, CHARTS, STATE, VERIFY, WORKER, CLI, LAB].map(
  ({ allowTypeImports, ...rest }) => ({
    ...rest,
    message: `The engine imports nothing outside itself. ${rest.message}`,
  }),
);

/** Bans on the floors above `floor`, as patterns on the text of an import; a floor inside another (ops/kit) is excepted from it. */
function above(floors, floor, remedy) {
  const higher = floors.slice(floors.indexOf(floor) + 1);
  const patterns = higher.map((one) => {
    const inner = floors.filter((other) => other !== one && other.startsWith(one) && !higher.includes(other));
    const except = inner.map((other) => other.slice(one.length)).join("|");
    return `${one.replace(".", "\\.")}${except ? `(?!${except})` : ""}`;
  });
  // an import from a sibling does not contain the parent's name: "../weights/x.ts" from prune/gates
  const siblings = higher.flatMap((one) => {
    const parent = one.slice(0, one.lastIndexOf("/", one.length - 2) + 1);
    return parent !== "" && floor.startsWith(parent) ? [`${one.slice(parent.length)}`] : [];
  });
  // a folder that is below the files of its parent: "../linear.ts" from ops/kit
  const outer = higher.some((one) => floor !== one && floor.startsWith(one))
    ? [ban("^\\.\\./[^/]+\\.ts$", remedy)]
    : [];
  const all = [...patterns, ...siblings];
  return [...(all.length > 0 ? [ban(`^(\\.\\.?/)+(${all.join("|")})`, remedy)] : []), ...outer];
}
const REMEDY = `Inside the engine a floor imports only the floors before it: ${ENGINE_FLOORS.join(" <- ")}. Move the shared code down, or pass it as an argument.`;
const CHART_REMEDY = `Inside the charts a floor imports only the floors before it: ${CHART_FLOORS.join(" <- ")}. Move the shared code into lib.`;
const filesOf = (floor) => (floor.endsWith("/") ? `${floor}**` : floor);
const inOps = (floor) => floor.startsWith("ops/");

/** If several rows match a file, the last one applies. */
export const IMPORT_RULES = [
  { files: ["src/shared/**"], bans: [REACT, D3, STORE, RUNTIMES, NODE, ABOVE_SHARED] },
  { files: ["src/main.tsx"], bans: [D3, WGSL, RUNTIMES, HOST, CLI, LAB, NODE, INSIDE_ENGINE] },
  { files: ["src/ui/**"], bans: [D3, WGSL, RUNTIMES, VERIFY, WORKER, CLI, LAB, NODE, INSIDE_ENGINE] },
  ...["", ...CHART_FLOORS].map((floor) => ({
    files: [`src/charts/${floor}**`],
    bans: [
      ...[REACT, STORE, WGSL, RUNTIMES, UI, STATE, VERIFY, WORKER, CLI, LAB, NODE, ENGINE, INSIDE_ENGINE],
      ...(floor ? above(CHART_FLOORS, floor, CHART_REMEDY) : []),
    ],
  })),
  {
    files: ["src/state/**"],
    bans: [REACT, D3, WGSL, RUNTIMES, UI, CHARTS, VERIFY, HOST, CLI, LAB, NODE, INSIDE_ENGINE],
  },
  {
    files: ["src/verify/**"],
    bans: [REACT, D3, STORE, WGSL, UI, CHARTS, STATE, WORKER, CLI, LAB, NODE, INSIDE_ENGINE],
  },
  // tests read golden cases with the engine's fixtures
  { files: ["src/verify/**/*.test.ts"], bans: [REACT, D3, STORE, WGSL, UI, CHARTS, STATE, WORKER, CLI, NODE] },
  {
    files: ["src/worker/**"],
    bans: [REACT, D3, STORE, WGSL, RUNTIMES, UI, CHARTS, STATE, CLI, LAB, NODE, INSIDE_ENGINE],
  },
  { files: ["src/worker/**/*.test.ts"], bans: [REACT, D3, STORE, WGSL, RUNTIMES, UI, CHARTS, STATE, CLI, NODE] },
  { files: ["src/cli/**"], bans: [REACT, D3, STORE, WGSL, RUNTIMES, UI, CHARTS, STATE, LAB, ENGINE_IN_NODE] },
  { files: ["src/cli/page/**/*.test.ts"], bans: [REACT, D3, STORE, WGSL, RUNTIMES, UI, CHARTS, STATE, LAB] },
  { files: ["src/cli/page/**/*.gpu.test.ts"], bans: [REACT, D3, STORE, RUNTIMES, UI, CHARTS, STATE, LAB, NODE] },
  // the lab measures parts of the engine that nothing else outside it may import, with two kernels of its own
  { files: ["src/lab/**"], bans: [REACT, D3, STORE, RUNTIMES, UI, CHARTS, STATE, VERIFY, WORKER, CLI, NODE] },
  // bench/ measures parts of the engine that nothing else outside it may import
  { files: ["bench/**"], bans: [REACT, STORE, UI, STATE] },
  { files: ["e2e/**", "scripts/**"], bans: [RUNTIMES, ENGINE_IN_NODE] },
  { files: ["src/engine/**"], bans: [...OUTSIDE, WGSL] },
  ...ENGINE_FLOORS.toSorted((a, b) => a.length - b.length).map((floor) => ({
    files: [`src/engine/${filesOf(floor)}`],
    bans: [...OUTSIDE, ...above(ENGINE_FLOORS, floor, REMEDY), ...(inOps(floor) ? [] : [WGSL])],
  })),
  // tests and their fixtures may import anything in the engine, and read files with Node
  {
    files: ["src/engine/**/*.test.ts", "src/engine/**/*.fixture.ts"],
    bans: OUTSIDE.filter(({ regex }) => regex !== NODE.regex),
  },
];
