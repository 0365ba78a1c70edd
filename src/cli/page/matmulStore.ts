// Tables of matmul kernels in a folder of the command line's local server, so that each model is measured once per adapter and version.
import { EngineError, type MatmulStore } from "../../engine/index.ts";

/** The folder at `url` (see host/localFiles.ts). */
export const servedMatmulStore = (url: string): MatmulStore => ({
  read: async (name) => {
    const response = await fetch(`${url}/${name}`);
    return response.ok ? response.text() : undefined;
  },
  write: async (name, text) => {
    const response = await fetch(`${url}/${name}?part=0&done=1`, { method: "PUT", body: text });
    if (!response.ok)
      throw new EngineError("storage", `${name}: expected the file to be written, got status ${response.status}`);
  },
});
