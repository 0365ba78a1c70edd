// Mesa 26, whose lavapipe has subgroup matrices, beside the Mesa of the system: unpacked from Debian's packages, with the libraries that it
// needs, because those of an older system do not suffice.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const FOLDER = resolve(".cache/mesa");
const SUITES = ["trixie", "trixie-backports"] as const;
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** Debian's names for the processors of Node. */
const PROCESSORS: Partial<Record<string, { debian: string; libraries: string; loader: string }>> = {
  x64: { debian: "amd64", libraries: "x86_64-linux-gnu", loader: "ld-linux-x86-64.so.2" },
  arm64: { debian: "arm64", libraries: "aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1" },
};
const ADVICE =
  "Install Mesa 26 or newer (Debian, Ubuntu: apt-get install mesa-vulkan-drivers; Fedora: dnf install mesa-vulkan-drivers; Arch: pacman -S vulkan-swrast), or use a graphics card with ESPALIER_ADAPTER=hardware.";

/** How to start a program on the unpacked Mesa. */
interface Start {
  /** The program, and its arguments before those of the one that it starts. */
  command: readonly [string, ...string[]];
  env: NodeJS.ProcessEnv;
}

/** Downloads and unpacks it where that was not done before (63 MB). Throws with what to install where that cannot be done. */
export function newMesa(): Start {
  const processor = PROCESSORS[process.arch];
  if (process.platform !== "linux" || !processor || !existsSync("/usr/bin/apt-get") || !existsSync(KEYRING))
    throw new Error(`expected Mesa with subgroup matrices, got an older one or none. ${ADVICE}`);
  if (!existsSync(FOLDER)) unpack(processor.debian);
  const libraries = join(FOLDER, "usr/lib", processor.libraries);
  const driver = join(FOLDER, "lavapipe.json");
  writeFileSync(driver, driverText(libraries));
  return {
    command: [join(libraries, processor.loader), "--library-path", libraries, process.execPath],
    env: { XDG_RUNTIME_DIR: tmpdir(), ...process.env, VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver },
  };
}

/** The description of lavapipe for the loader of Vulkan, with the path of the library. */
function driverText(libraries: string): string {
  const folder = join(FOLDER, "usr/share/vulkan/icd.d");
  const name = readdirSync(folder).find((file) => file.startsWith("lvp_icd"));
  if (name === undefined) throw new Error(`${folder}: expected lvp_icd*.json of Mesa, got none`);
  const text = readFileSync(join(folder, name), "utf8");
  return text.replace(/"library_path":\s*"[^"]*"/, `"library_path": "${join(libraries, "libvulkan_lvp.so")}"`);
}

/** Resolves the packages with a list of sources and a state of their own, so that the system's packages do not count and do not change. */
function unpack(architecture: string): void {
  console.error("Downloading Debian's packages of Mesa 26 (once, 63 MB) ...");
  const work = `${FOLDER}.unfinished`;
  rmSync(work, { recursive: true, force: true });
  for (const folder of ["state/lists/partial", "cache/archives/partial", "root"])
    mkdirSync(join(work, folder), { recursive: true });
  const sources = join(work, "sources.list");
  const mirror = debianMirror();
  writeFileSync(join(work, "state/status"), "");
  writeFileSync(sources, SUITES.map((suite) => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`).join(""));
  const settings = {
    ...{ "Dir::State": join(work, "state"), "Dir::State::status": join(work, "state/status") },
    ...{ "Dir::Cache": join(work, "cache"), "Dir::Etc::SourceList": sources, "Dir::Etc::SourceParts": "/dev/null" },
    ...{ "APT::Architecture": architecture, "APT::Architectures": architecture, "APT::Sandbox::User": "" },
    ...{ "Acquire::Retries": "2", "Acquire::http::Timeout": "30", "Debug::NoLocking": "1" },
  };
  const apt = (...args: string[]): void =>
    run("apt-get", [
      "--quiet",
      ...Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]),
      ...args,
    ]);
  apt("update");
  apt(
    ...["--download-only", "--yes", "--no-install-recommends"],
    ...["-t", SUITES[1]],
    "install",
    "mesa-vulkan-drivers",
  );
  const archives = join(work, "cache/archives");
  for (const name of readdirSync(archives).filter((file) => file.endsWith(".deb")))
    run("dpkg-deb", ["--extract", join(archives, name), join(work, "root")]);
  renameSync(join(work, "root"), FOLDER);
  rmSync(work, { recursive: true });
}

/** Where the system gets Debian's packages from. */
function debianMirror(): string {
  const folder = "/etc/apt/sources.list.d";
  const files = [
    "/etc/apt/sources.list",
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  const sources = files.filter((file) => /\.(list|sources)$/.test(file) && existsSync(file));
  const found = mirrorIn(sources.map((file) => readFileSync(file, "utf8")).join("\n"));
  if (found === undefined) throw new Error(`expected a mirror of Debian in ${sources.join(", ")}, got none. ${ADVICE}`);
  return found;
}

/** The first mirror of Debian in sources of apt, in either of their formats. */
export const mirrorIn = (sources: string): string | undefined =>
  /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+\/debian\/?)(?:\s|$)/m.exec(sources)?.[1];

function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.at(-1) ?? ""} failed: ${stderr || stdout}\n${ADVICE}`);
}
