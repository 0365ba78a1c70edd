// Serves the built studio on localhost: a secure context, which WebGPU needs.
import { preview } from "vite";

const FIRST_PORT = 4173;

interface Served {
  readonly address: string;
  close(): Promise<void>;
}

/** Serves a built studio on the first free port from 4173. */
export async function serveBuilt(folder = "dist"): Promise<Served> {
  const server = await preview({
    logLevel: "warn",
    build: { outDir: folder },
    preview: { host: "localhost", port: FIRST_PORT, strictPort: false },
  });
  const address = server.resolvedUrls?.local[0];
  if (!address)
    throw new Error("local server: expected an address, got none. Is localhost missing from the hosts file?");
  return { address, close: () => server.close() };
}
