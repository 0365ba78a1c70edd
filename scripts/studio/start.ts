// npm start: builds the studio, serves it on localhost and opens it in a browser if there is a screen. Ctrl-C ends it.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { build } from "vite";
import { SUPPORTED_BROWSERS } from "../../src/shared/browsers.ts";
import { openCommand } from "./openCommand.ts";
import { freshFolder } from "./builtFolder.ts";
import { serveBuilt } from "./serve.ts";

// A folder of its own: another npm start of this clone serves from its own while this one is built.
const folder = freshFolder();
await build({ logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
const served = await serveBuilt(folder);
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const command = openCommand(process.platform, process.env, served.address);
console.log(`\nEspalier is at ${served.address}  (Ctrl-C ends it)`);
if (command) {
  const browser = spawn(command.file, command.args, { stdio: "ignore", detached: true });
  browser.on("error", () => console.log("Could not open a browser. Open the address above yourself."));
  browser.unref();
} else {
  console.log(`No screen found. Open the address in ${SUPPORTED_BROWSERS}.`);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    // keep-alive connections may delay close(), so exit after half a second in any case
    setTimeout(() => process.exit(0), 500).unref();
    void served.close().then(() => process.exit(0));
  });
}
