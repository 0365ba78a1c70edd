// The tests of the Python package (python/), run in the environment of the checks (.venv) from its sources, without installing it.
import { join } from "node:path";
import { UsageError } from "../src/cli/arguments/usageError.ts";
import { ensurePython, run } from "./pythonEnvironment.ts";

const PACKAGE = "python";

try {
  // one thread per process, because the tests start several
  const env = { ...process.env, PYTHONPATH: join(PACKAGE, "src"), OMP_NUM_THREADS: "1", PYTHONDONTWRITEBYTECODE: "1" };
  process.exitCode = run(ensurePython(), ["-m", "unittest", "discover", "-s", join(PACKAGE, "tests")], env);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
