// What is opened of a folder that was picked, dropped, fetched or named: its safetensors, or its GGUF model as a folder.
import { EngineError } from "../../errors.ts";
import { type Folder, noting } from "../files/folder.ts";
import { isGguf, shallowestModel } from "../files/modelFiles.ts";
import { INDEX_FILE, SINGLE_FILE } from "../safetensors/safetensors.ts";

/**
 * The model of `folder`, flat: the shallowest folder with config.json or a GGUF file (`shallowestModel`). Safetensors beside config.json are
 * preferred to GGUF files; a GGUF model, in one file or in parts, is complete without config.json. Projectors and other GGUF files
 * without a language model take no part; notes say what took none. Throws "format" for two models of one depth, for several GGUF models,
 * with their names, and for missing parts.
 */
export async function modelFolder(folder: Folder): Promise<Folder> {
  const flat = shallowestModel(folder);
  const names = flat.list();
  const files = names.filter(isGguf);
  if (files.length === 0) return flat;
  const stored = names.includes("config.json") && (names.includes(SINGLE_FILE) || names.includes(INDEX_FILE));
  if (stored) return noting(flat, `The safetensors are opened; GGUF files take no part: ${files.join(", ")}.`);
  const { ggufModel } = await ggufScripts().catch(() => {
    throw new EngineError(
      "network",
      "A script that reads GGUF files did not load. Check the connection, then try again.",
    );
  });
  return ggufModel(flat, files);
}

/** Loads what reads GGUF files, which safetensors do not need; afterwards they open without the network. */
export const ggufScripts = () => import("./ggufModel.ts");
