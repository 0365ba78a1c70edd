// Bundles the lab for Node into one file.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true, external: ["webgpu"] },
  build: {
    ssr: "bench/lab/node.ts",
    outDir: ".cache/lab/bundle",
    target: "node20",
    rolldownOptions: { output: { entryFileNames: "lab.mjs" } },
  },
});
