// Who may import whom (ARCHITECTURE.md), as settings of no-restricted-imports: one ban per line, each with its remedy.
// Every relative import names its folder and extension, so a pattern on the text of the import is exact.

/** The floors of the engine, lowest first: a floor may import those before it. Subfolders that are floors of their own come in order too. */
export const ENGINE_FLOORS = [
  ...["errors.ts", "rng.ts", "dtype.ts", "logitsSize.ts"],
  ...["json/", "config/", "recipes/", "masks/"],
  ...["formats/files/", "formats/safetensors/", "formats/receipt/", "formats/runs/", "formats/card/"],
  ...["formats/export/", "formats/gguf/", "formats/hub/", "formats/onnx/"],
  ...["gpu/", "tensor.ts", "tape.ts", "ctx.ts", "ops/kit/", "ops/", "ops/registry/"],
  ...["model/", "prune/gates/", "prune/weights/", "evaluate/", "train/", "golden/"],
];
/** Floors below gpu/: plain data, which Node can load. */
const PLAIN_FLOORS = ENGINE_FLOORS.slice(0, ENGINE_FLOORS.indexOf("gpu/"));
/** The floors of the charts. */
export const CHART_FLOORS = ["lib/", "gates/", "weights/", "runs/", "gallery/"];

const ban = (regex, message, options = {}) => ({ regex, message, ...options });
const types = { allowTypeImports: true };

const REACT = ban(
  "^(react|react-dom|radix-ui)(/|$)",
  "React lives in src/ui: keep this file plain and let a component call it.",
);
const D3 = ban("^d3(-|/|$)", "d3 lives in src/charts: add a chart f(node, options) -> { update, destroy } there.");
const STORE = ban("^zustand(/|$)", "The store lives in src/state: pass values in as arguments.");
const ONNX = ban("^onnxruntime", "onnxruntime-web lives in src/verify: call what src/verify exports.");
const NODE = ban("^node:", "This code runs in a browser: Node belongs to src/cli, scripts, bench and e2e.");
const WGSL = ban("\\.wgsl(\\?|$)", "Only src/engine/ops imports shaders: write an op there and call its launcher.");
const UI = ban("/ui/", "Nothing below main.tsx and src/ui knows the interface: let src/ui call this instead.");
const CHARTS = ban("/charts/", "Only src/ui (and main.tsx) draws charts: hand the data up to it.");
const STATE = ban("/state/", "Only src/ui and main.tsx know the store: take values as arguments.");
const VERIFY = ban(
  "/verify/",
  "Only src/worker and the page of src/cli call src/verify, and hand what it reads to the engine.",
);
const WORKER = ban(
  "/worker/",
  "Only src/state talks to the worker, through src/worker/client.ts: call an action of the store.",
  types,
);
const HOST = ban("/worker/host", "The host runs in the worker; the page talks to src/worker/client.ts.");
const CLI = ban("/cli/", "The command line sits on top of everything: nothing imports it.");
const INSIDE_ENGINE = ban(
  "/engine/(?!index\\.ts$)",
  "Outsiders import src/engine/index.ts only: export what you need there.",
);
/** Node cannot load the WGSL that the engine's index brings along. */
const ENGINE_IN_NODE = ban(
  `/engine/(?!(index\\.ts$|${PLAIN_FLOORS.map((floor) => floor.replace(".", "\\.")).join("|")}))`,
  "Import src/engine/index.ts in a browser; in Node, which cannot load WGSL, import the engine's plain floors (scripts/importRules.js).",
);
const ENGINE = ban(
  "/engine/",
  "Charts know numbers, not the engine: take plain arrays and options (types may be imported).",
  types,
);

/** Everything above or beside the engine. */
const OUTSIDE = [REACT, D3, STORE, ONNX, NODE, UI, CHARTS, STATE, VERIFY, WORKER, CLI].map(
  ({ allowTypeImports, ...rest }) => ({
    ...rest,
    message: `The engine is pure and imports nothing above it. ${rest.message}`,
  }),
);

/** The floors above one, as patterns on an import's text; a floor inside another (ops/kit) is told from the rest of it. */
function above(floors, floor, remedy) {
  const higher = floors.slice(floors.indexOf(floor) + 1);
  const patterns = higher.map((one) => {
    const inner = floors.filter((other) => other !== one && other.startsWith(one) && !higher.includes(other));
    const except = inner.map((other) => other.slice(one.length)).join("|");
    return `${one.replace(".", "\\.")}${except ? `(?!${except})` : ""}`;
  });
  // from a sibling of the same parent the parent's name is not in the import: "../weights/x.ts" from prune/gates
  const siblings = higher.flatMap((one) => {
    const parent = one.slice(0, one.lastIndexOf("/", one.length - 2) + 1);
    return parent !== "" && floor.startsWith(parent) ? [`${one.slice(parent.length)}`] : [];
  });
  // a folder below the files beside it: "../linear.ts" from ops/kit
  const outer = higher.some((one) => floor !== one && floor.startsWith(one))
    ? [ban("^\\.\\./[^/]+\\.ts$", remedy)]
    : [];
  const all = [...patterns, ...siblings];
  return [...(all.length > 0 ? [ban(`^(\\.\\.?/)+(${all.join("|")})`, remedy)] : []), ...outer];
}
const REMEDY = `Inside the engine a floor imports the floors before it only: ${ENGINE_FLOORS.join(" <- ")}. Move what both need down, or hand it in as an argument.`;
const CHART_REMEDY =
  "Inside the charts lib is below gates, weights, runs and the gallery, in this order. Move what both need into lib.";
const filesOf = (floor) => (floor.endsWith("/") ? `${floor}**` : floor);
const inOps = (floor) => floor.startsWith("ops/");

/** Later rows replace earlier ones for the files that they name. */
export const IMPORT_RULES = [
  { files: ["src/main.tsx"], bans: [D3, WGSL, ONNX, HOST, CLI, NODE, INSIDE_ENGINE] },
  { files: ["src/ui/**"], bans: [D3, WGSL, ONNX, VERIFY, WORKER, CLI, NODE, INSIDE_ENGINE] },
  ...["", ...CHART_FLOORS].map((floor) => ({
    files: [`src/charts/${floor}**`],
    bans: [
      ...[REACT, STORE, WGSL, ONNX, UI, STATE, VERIFY, WORKER, CLI, NODE, ENGINE, INSIDE_ENGINE],
      ...(floor ? above(CHART_FLOORS, floor, CHART_REMEDY) : []),
    ],
  })),
  { files: ["src/state/**"], bans: [REACT, D3, WGSL, ONNX, UI, CHARTS, VERIFY, HOST, CLI, NODE, INSIDE_ENGINE] },
  { files: ["src/verify/**"], bans: [REACT, D3, STORE, WGSL, UI, CHARTS, STATE, WORKER, CLI, NODE, INSIDE_ENGINE] },
  // golden cases are read by the engine's own tests' means
  { files: ["src/verify/**/*.test.ts"], bans: [REACT, D3, STORE, WGSL, UI, CHARTS, STATE, WORKER, CLI, NODE] },
  { files: ["src/worker/**"], bans: [REACT, D3, STORE, WGSL, ONNX, UI, CHARTS, STATE, CLI, NODE, INSIDE_ENGINE] },
  { files: ["src/worker/**/*.test.ts"], bans: [REACT, D3, STORE, WGSL, ONNX, UI, CHARTS, STATE, CLI, NODE] },
  { files: ["src/cli/**"], bans: [REACT, D3, STORE, WGSL, ONNX, UI, CHARTS, STATE, ENGINE_IN_NODE] },
  // bench/ measures parts of the engine that nobody else may reach; it sits on top of everything
  { files: ["bench/**"], bans: [REACT, STORE, UI, STATE] },
  { files: ["e2e/**", "scripts/**"], bans: [ONNX, ENGINE_IN_NODE] },
  { files: ["src/engine/**"], bans: [...OUTSIDE, WGSL] },
  ...ENGINE_FLOORS.toSorted((a, b) => a.length - b.length).map((floor) => ({
    files: [`src/engine/${filesOf(floor)}`],
    bans: [...OUTSIDE, ...above(ENGINE_FLOORS, floor, REMEDY), ...(inOps(floor) ? [] : [WGSL])],
  })),
  // a test may look at anything in the engine and reads its files with Node; so do the fixtures that tests share
  {
    files: ["src/engine/**/*.test.ts", "src/engine/**/*.fixture.ts"],
    bans: OUTSIDE.filter(({ regex }) => regex !== NODE.regex),
  },
];
