// Bundles the lab for Node, and the comparison with other programs, which are loaded by it alone.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true, external: ["webgpu"] },
  build: {
    ssr: true,
    outDir: ".cache/lab/bundle",
    target: "node20",
    minify: true,
    rolldownOptions: {
      input: { lab: "bench/lab/node.ts", peers: "bench/peers/card/measure.ts", program: "bench/peers/card/program.ts" },
      output: { entryFileNames: "[name].mjs", chunkFileNames: "chunks/[name].mjs" },
    },
  },
});
