// Mesa's software driver for Vulkan, lavapipe, on which wgpu computes without a graphics card.
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installOnDebian } from "../../installOnDebian.ts";

const FOLDERS = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
const ADVICE =
  "Run: apt-get install mesa-vulkan-drivers (Debian, Ubuntu), dnf install mesa-vulkan-drivers (Fedora) or pacman -S vulkan-swrast (Arch).";

/** Its description for the loader of Vulkan; named after the processor: lvp_icd.x86_64.json. */
function findDriver(): string | undefined {
  const files = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder).map((name) => join(folder, name)),
  );
  return files.find((path) => /\/lvp_icd\..*json$/.test(path));
}

/** Whether it is installed, on Linux. */
export const hasLavapipe = (): boolean => process.platform === "linux" && findDriver() !== undefined;

/**
 * The environment of this process with lavapipe as the only Vulkan driver, for a program that is spawned. Installs Debian's package where
 * it can; it brings the loader of Vulkan, too. Throws with the line to run where the driver is still missing.
 */
export function lavapipeEnvironment(): NodeJS.ProcessEnv {
  if (findDriver() === undefined) installOnDebian("mesa-vulkan-drivers");
  const driver = findDriver();
  if (driver === undefined) throw new Error(`lavapipe: expected Mesa's driver for Vulkan, got none. ${ADVICE}`);
  // Mesa warns without a folder for its sockets
  return { XDG_RUNTIME_DIR: tmpdir(), ...process.env, VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver };
}
