// Serves the built studio on localhost (a secure context, without which there is no WebGPU).
import { preview } from "vite";

const FIRST_PORT = 4173;

export interface Served {
  readonly address: string;
  close(): Promise<void>;
}

/** Serves dist/ on the first free port from 4173. */
export async function serveBuilt(): Promise<Served> {
  const server = await preview({
    logLevel: "warn",
    preview: { host: "localhost", port: FIRST_PORT, strictPort: false },
  });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error("The local server has no address: is localhost missing from the hosts file?");
  return { address, close: () => server.close() };
}
