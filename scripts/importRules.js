// Who may import whom (ARCHITECTURE.md), as settings of no-restricted-imports: one ban a line, each with its remedy.
// Every relative import of the house carries its folder and extension, so a pattern on its text is exact.

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
/** Node cannot import the WGSL that the engine's index brings along. */
const INSIDE_ENGINE_BUT_LEAVES = ban(
  "/engine/(?!(index|errors|train/recipe|prune/weightRecipe|prune/ratioList)\\.ts$)",
  "Import src/engine/index.ts in a browser; in Node, where WGSL cannot be loaded, errors.ts, train/recipe.ts, prune/weightRecipe.ts and prune/ratioList.ts are what there is.",
);
const ENGINE = ban(
  "/engine/",
  "Charts know numbers, not the engine: take plain arrays and options (types may be imported).",
  types,
);

/** Everything that is above or beside the engine. */
const OUTSIDE = [REACT, D3, STORE, ONNX, NODE, UI, CHARTS, STATE, VERIFY, WORKER, CLI].map(
  ({ allowTypeImports, ...rest }) => ({
    ...rest,
    message: `The engine is pure and imports nothing above it. ${rest.message}`,
  }),
);

/** A layer of the engine may import the ones before it. ctx, tape, tensor are files; the rest are folders. */
const LAYERS = ["gpu", "tensor", "tape", "ctx", "ops", "model", "prune", "evaluate", "train"];
const REMEDY =
  "Inside the engine: gpu <- tensor <- tape <- ctx <- ops <- model <- prune <- evaluate <- train. Move what both need down, or hand it in as an argument.";
/** What config.json says, the families' files, and sizes that follow from a config. */
const PLAIN_MODEL = [
  ...["config", "configFields", "ropeConfig", "ropeTable", "modelConfig", "tensors", "family", "families", "logits"],
  ...["llama", "mistral", "gemma", "qwen2", "qwen3", "opt", "phi"],
];
/** Gates and masks, budgets, and what cuts or zeroes by them. */
const PLAIN_PRUNE = [
  ...["gates", "tensorGates", "architecture", "budget", "compact"],
  ...["weightRecipe", "mlpMatrices", "weightMasks", "baselineMasks", "nestedness", "weightWindow", "ratioList"],
];
/** Plain data without GPU code, which every layer may name: they import errors, rng, formats and each other only. */
const PLAIN = {
  model: `(${PLAIN_MODEL.join("|")})\\.ts`,
  prune: `(${PLAIN_PRUNE.join("|")})\\.ts`,
  train: "recipe\\.ts",
};

const above = (layer) => {
  if (["tensor", "tape", "ctx"].includes(layer)) return `${layer}\\.ts$`;
  return PLAIN[layer] ? `${layer}/(?!${PLAIN[layer]}$)` : `${layer}/`;
};
const notAbove = (layer) => {
  const higher = LAYERS.slice(LAYERS.indexOf(layer) + 1);
  return higher.length > 0 ? [ban(`^(\\.\\.?/)+(${higher.map(above).join("|")})`, REMEDY)] : [];
};
const NO_GPU = ban(
  `^(\\.\\.?/)+(${LAYERS.map(above).join("|")})`,
  "This is plain data: bytes and numbers, no GPU. Import errors, rng, formats, model/config, train/recipe and the plain files of prune only.",
);

const engine = (files, bans) => ({ files: files.map((file) => `src/engine/${file}`), bans: [...OUTSIDE, ...bans] });

/** Later rows replace earlier ones for the files that they name. */
export const IMPORT_RULES = [
  { files: ["src/main.tsx"], bans: [D3, WGSL, ONNX, HOST, CLI, NODE, INSIDE_ENGINE] },
  { files: ["src/ui/**"], bans: [D3, WGSL, ONNX, VERIFY, WORKER, CLI, NODE, INSIDE_ENGINE] },
  {
    files: ["src/charts/**"],
    bans: [REACT, STORE, WGSL, ONNX, UI, STATE, VERIFY, WORKER, CLI, NODE, ENGINE, INSIDE_ENGINE],
  },
  { files: ["src/state/**"], bans: [REACT, D3, WGSL, ONNX, UI, CHARTS, VERIFY, HOST, CLI, NODE, INSIDE_ENGINE] },
  { files: ["src/verify/**"], bans: [REACT, D3, STORE, WGSL, UI, CHARTS, STATE, WORKER, CLI, NODE, INSIDE_ENGINE] },
  // golden cases are read by the engine's own tests' means
  { files: ["src/verify/**/*.test.ts"], bans: [REACT, D3, STORE, WGSL, UI, CHARTS, STATE, WORKER, CLI, NODE] },
  { files: ["src/worker/**"], bans: [REACT, D3, STORE, WGSL, ONNX, UI, CHARTS, STATE, CLI, NODE, INSIDE_ENGINE] },
  { files: ["src/worker/**/*.test.ts"], bans: [REACT, D3, STORE, WGSL, ONNX, UI, CHARTS, STATE, CLI, NODE] },
  { files: ["src/cli/**"], bans: [REACT, D3, STORE, WGSL, ONNX, UI, CHARTS, STATE, INSIDE_ENGINE_BUT_LEAVES] },
  // bench/ is under no rule: it measures parts of the engine that nobody else may reach
  { files: ["e2e/**", "scripts/**"], bans: [ONNX, INSIDE_ENGINE_BUT_LEAVES] },
  engine(["**/*.ts"], [WGSL]),
  ...LAYERS.map((layer) =>
    engine([`${layer}.ts`, `${layer}/**`], [...notAbove(layer), ...(layer === "ops" ? [] : [WGSL])]),
  ),
  engine(["errors.ts", "rng.ts", "formats/**"], [NO_GPU, WGSL]),
  engine(
    [`model/{${PLAIN_MODEL.join(",")}}.ts`, `prune/{${PLAIN_PRUNE.join(",")}}.ts`, "train/recipe.ts"],
    [NO_GPU, WGSL],
  ),
  // a test may look at anything in the engine, and reads its files with Node; so does what tests share
  {
    files: ["src/engine/**/*.test.ts", "src/engine/**/testCase.ts"],
    bans: OUTSIDE.filter(({ regex }) => regex !== NODE.regex),
  },
];
