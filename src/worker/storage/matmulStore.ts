// Tables of matmul kernels in the origin's private file system, so that each model is measured once per adapter and browser version.
import type { MatmulStore } from "../../engine/index.ts";
import { readFile, writeFile } from "./opfs.ts";

export const MATMUL = "matmul";

export const matmulStore: MatmulStore = {
  read: async (name) => (await readFile(`${MATMUL}/${name}`))?.text(),
  write: async (name, text) => {
    await writeFile(`${MATMUL}/${name}`, [new TextEncoder().encode(text)]);
  },
};
