import { defineConfig } from "vite";
export default defineConfig({ publicDir: false, ssr: { noExternal: true, external: ["webgpu"] },
  build: { ssr: "exp/enc.ts", outDir: "/tmp/expb", emptyOutDir: false, target: "node20", minify: false, rolldownOptions: { output: { entryFileNames: "enc.mjs" } } } });
