// Installs a package of Debian where that needs no questions: as root, on Debian or a derivative.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Installs the package, or says why that failed. Elsewhere than on Debian as root it does nothing; look afterwards for what was needed. */
export function installOnDebian(name: string): void {
  if (!canUseApt()) return;
  console.error(`Installing Debian's ${name} (once) ...`);
  apt("update");
  apt("install", "--yes", "--no-install-recommends", name);
}

function canUseApt(): boolean {
  const release = "/etc/os-release";
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get") || !existsSync(release)) return false;
  return /^ID(_LIKE)?=.*\bdebian\b/m.test(readFileSync(release, "utf8"));
}

function apt(...args: string[]): void {
  const { status } = spawnSync("apt-get", ["--quiet", ...args], {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (status !== 0) console.error(`apt-get ${args.join(" ")} failed (see above).`);
}
