// Build and development server of the studio; vitest.config.ts adds the test projects.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  base: "./",
  build: { target: "es2022", sourcemap: true, chunkSizeWarningLimit: 1500 },
  worker: { format: "es" },
});
