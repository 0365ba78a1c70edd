// npm run lab: checks and measures an adapter without a browser.
import { packLab } from "./pack.ts";

const [command, out] = process.argv.slice(2);
if (command !== "pack" || out === undefined) {
  process.stderr.write("usage: npm run lab -- pack OUT\n");
  process.exit(2);
}
await packLab(out);
