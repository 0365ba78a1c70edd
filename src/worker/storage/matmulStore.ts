// Tables of matmul kernels in the origin's private file system, so that each model is measured once per adapter and browser version.
import type { MatmulStore } from "../../engine/index.ts";
import { readFile, writeFile } from "./opfs.ts";

const FOLDER = "matmul";

export const matmulStore: MatmulStore = {
  read: async (name) => (await readFile(`${FOLDER}/${name}`))?.text(),
  write: async (name, text) => {
    await writeFile(`${FOLDER}/${name}`, [new TextEncoder().encode(text)]);
  },
};
