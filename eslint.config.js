// The linter: type-checked rules, no `any`, files of at most 400 lines, and who may import whom (scripts/importRules.js).
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";
import { IMPORT_RULES } from "./scripts/importRules.js";

const LONGEST_FILE_LINES = 400;
const LONGEST_FUNCTION_LINES = 60;
/** More become an options object. */
const MOST_PARAMETERS = 4;

const OPEN_DEVICE = "Only src/engine/gpu/device.ts asks for an adapter and a device: call Gpu.open().";
const MAKE_GPU_OBJECT = "Only src/engine/gpu makes GPU objects: use Ctx (persistent, empty, run, read).";

export default tseslint.config(
  { ignores: ["dist", ".cache", ".venv", "golden", "public", "test-results", "playwright-report"] },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      // numbers and booleans read well in messages
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // some members of an asynchronous interface do not wait; async turns their errors into rejections
      "@typescript-eslint/require-await": "off",
      // caught values are rethrown unchanged; literals are never thrown
      "@typescript-eslint/only-throw-error": "off",
      "no-throw-literal": "error",
      // typed arrays are indexed within their length
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-confusing-void-expression": "off",
      // interfaces here are objects of closures, which do not use this
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-dynamic-delete": "off",
      // the rule does not know that a flag may change during an await
      "@typescript-eslint/no-unnecessary-condition": "off",
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.property.name=/^request(Adapter|Device)$/]",
          message: OPEN_DEVICE,
        },
        {
          selector: "MemberExpression[property.name='gpu'][object.name='navigator']",
          message: OPEN_DEVICE,
        },
        {
          selector: "MemberExpression[property.name='gpu'][object.property.name='navigator']",
          message: OPEN_DEVICE,
        },
        {
          selector:
            "CallExpression[callee.property.name=/^create(Buffer|Texture|ShaderModule|ComputePipeline(Async)?|PipelineLayout|BindGroup(Layout)?|QuerySet)$/]",
          message: MAKE_GPU_OBJECT,
        },
      ],
    },
  },
  {
    files: ["**/*.{ts,tsx,js,mjs}"],
    rules: { "max-lines": ["error", LONGEST_FILE_LINES], eqeqeq: "error" },
  },
  {
    files: ["**/*.{ts,tsx}"],
    ignores: ["**/*.{test,spec}.{ts,tsx}"],
    rules: {
      "max-lines-per-function": ["error", { max: LONGEST_FUNCTION_LINES }],
      "@typescript-eslint/max-params": ["error", { max: MOST_PARAMETERS }],
    },
  },
  // the probe asks for Dawn's adapter before the engine is loaded
  { files: ["src/engine/gpu/**", "src/cli/host/probeDawn.ts"], rules: { "no-restricted-syntax": "off" } },
  ...IMPORT_RULES.map(({ files, bans }) => ({
    files: files.map((file) => (/\.\w+$|\}$/.test(file) ? file : `${file}/*.{ts,tsx}`)),
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: bans }] },
  })),
  {
    files: ["**/*.test.ts", "**/*.test.tsx", "e2e/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.property.name=/^(skip|only|todo|fixme|fails)$/]",
          message: "Every test runs: fix it or delete it.",
        },
      ],
    },
  },
  {
    files: ["src/ui/**/*.{ts,tsx}", "src/main.tsx"],
    extends: [reactHooks.configs.flat.recommended],
  },
);
