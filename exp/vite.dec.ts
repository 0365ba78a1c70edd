import { defineConfig } from "vite";
export default defineConfig({ publicDir: false, ssr: { noExternal: true, external: ["webgpu"] },
  build: { ssr: "exp/dec.ts", outDir: "/tmp/expb", emptyOutDir: false, target: "node20", minify: false, rolldownOptions: { output: { entryFileNames: "dec.mjs" } } } });
