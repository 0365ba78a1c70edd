// Build and development server of the studio; vitest.config.ts adds the test projects.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { keptOffline } from "./scripts/studio/keptOffline.ts";
import { plainShaders } from "./scripts/studio/plainShaders.ts";
import { PAGE_POLICY, SECURITY_HEADERS } from "./scripts/studio/policy.ts";
import manifest from "./package.json" with { type: "json" };

/** No file of the engine or of the charts does anything when it is imported: the page gets none of the shaders, and no chart before its panel. */
const TREESHAKE = { moduleSideEffects: [{ test: /\/src\/(engine|charts)\/.*\.ts$|\.wgsl/, sideEffects: false }] };

export default defineConfig(({ command }) => ({
  plugins: [
    react(),
    plainShaders(),
    command === "build" ? keptOffline() : null,
    {
      // not in development, where vite itself runs inline scripts
      name: "content-security-policy",
      apply: "build",
      transformIndexHtml: () => [
        {
          tag: "meta",
          attrs: { "http-equiv": "Content-Security-Policy", content: PAGE_POLICY },
          injectTo: "head-prepend",
        },
      ],
    },
  ],
  // a missing file is answered with 404, not with index.html
  appType: "mpa",
  preview: { headers: SECURITY_HEADERS },
  base: "./",
  define: { __APP_VERSION__: JSON.stringify(manifest.version) },
  // Bundled in advance: a dependency that vite finds later makes it reload the page under a running command.
  optimizeDeps: {
    include: ["@huggingface/tokenizers", "client-zip", "onnxruntime-web/wasm", "@wllama/wllama/esm/index.js"],
  },
  build: { target: "es2022", sourcemap: true, chunkSizeWarningLimit: 1500, rolldownOptions: { treeshake: TREESHAKE } },
  worker: { format: "es", plugins: () => [plainShaders()], rolldownOptions: { treeshake: TREESHAKE } },
}));
