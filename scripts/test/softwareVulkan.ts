// Chromium's own software adapter as a Vulkan driver for other programs: Dawn in Node then computes without a graphics card.
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findChromium } from "../chromium/chromium.ts";

const DRIVER = "vk_swiftshader_icd.json";
/** Where packages of Chromium and Chrome put it; the executable on the PATH may be a script elsewhere. */
const USUAL_FOLDERS = ["/usr/lib/chromium", "/usr/lib64/chromium-browser", "/opt/google/chrome", "/opt/chromium"];

/**
 * The environment of this process with SwiftShader as the only Vulkan driver and its loader first. The loader of libraries reads it only
 * at the start of a program, so pass it to a program that is spawned. Throws where no Chromium with that driver is installed.
 */
export function softwareVulkanEnvironment(): NodeJS.ProcessEnv {
  const chromium = findChromium();
  const folders = [...(chromium === undefined ? [] : [dirname(realpathSync(chromium))]), ...USUAL_FOLDERS];
  const folder = folders.find((path) => existsSync(join(path, DRIVER)));
  if (folder === undefined)
    throw new Error(
      `${DRIVER}: expected it in the folder of Chromium, got none in ${folders.join(", ")}. Install it (Debian: apt-get install chromium) or set CHROME_PATH.`,
    );
  const driver = join(folder, DRIVER);
  const libraries = [folder, process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":");
  return { ...process.env, VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: libraries };
}
