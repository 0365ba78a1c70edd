// Checks the packages of package-lock.json: their licences against a list, and known security advisories as far as the registry answers.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const LOCK = fileURLToPath(new URL("../../package-lock.json", import.meta.url));

/** Licences of packages that are bundled into the studio: each allows that, and needs no more than its text. */
const SHIPPED: ReadonlySet<string> = new Set([
  ...["MIT", "Apache-2.0", "ISC", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Unlicense"],
]);
/** Further licences of packages that only build and test, and why they may. */
const BUILD_ONLY: Readonly<Record<string, string>> = {
  "MPL-2.0": "files of the package stay under it; nothing of it is shipped",
  "BlueOak-1.0.0": "permissive",
  "CC-BY-4.0": "data on browsers, read while building",
  "(MIT OR CC0-1.0)": "permissive",
  "LGPL-3.0-or-later": "libvips for a peer of a test, not run and not shipped",
  "Apache-2.0 AND LGPL-3.0-or-later": "as above",
  "Apache-2.0 AND LGPL-3.0-or-later AND MIT": "as above",
};

interface Package {
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
}

/** Packages of a lock file by path, without the project itself. */
function packagesOf(lock: string): [string, Package][] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, Package> };
  return Object.entries(packages).filter(([path]) => path !== "");
}

const isShipped = ({ dev, devOptional }: Package): boolean => !dev && !devOptional;

/** How many packages the studio is built from. */
export const shippedCount = (lock: string): number => packagesOf(lock).filter(([, one]) => isShipped(one)).length;

/** A line for each package whose licence is not in the lists. */
export function licenceFaults(lock: string): string[] {
  return packagesOf(lock).flatMap(([path, one]) => {
    const { license = "none" } = one;
    if (SHIPPED.has(license) || (!isShipped(one) && license in BUILD_ONLY)) return [];
    const expected = [...SHIPPED, ...(isShipped(one) ? [] : Object.keys(BUILD_ONLY))].join(", ");
    return [
      `${path}: licence: expected one of ${expected}, got ${license}. Use another package, or add it with its reason.`,
    ];
  });
}

/** What an answer of `npm audit --json` says: lines for advisories that fail the check; undefined where the registry gave none. */
export function auditFaults(answer: string): string[] | undefined {
  let report: { vulnerabilities?: Record<string, { severity: string; range: string }> };
  try {
    report = JSON.parse(answer) as typeof report;
  } catch {
    return undefined;
  }
  if (!report.vulnerabilities) return undefined;
  return Object.entries(report.vulnerabilities)
    .filter(([, { severity }]) => severity === "high" || severity === "critical")
    .map(([name, { severity, range }]) => `${name} ${range}: ${severity} advisory. Run npm audit, and update it.`);
}

const AUDIT_MS = 30_000;

function main(): void {
  const lock = readFileSync(LOCK, "utf8");
  const { stdout } = spawnSync("npm", ["audit", "--json", "--omit=dev"], {
    ...{ encoding: "utf8" as const, timeout: AUDIT_MS, stdio: ["ignore", "pipe", "ignore"] as const },
    shell: process.platform === "win32",
  });
  const advisories = auditFaults(stdout ?? "");
  const faults = [...licenceFaults(lock), ...(advisories ?? [])];
  const audit = advisories
    ? `${advisories.length} high advisories`
    : "advisories not checked: the registry did not answer";
  console.log(`${packagesOf(lock).length} packages, ${shippedCount(lock)} of them in the studio; ${audit}`);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
