// npm run build: the studio as static files in dist/.
import { build } from "vite";

await build({ logLevel: "warn" });
console.log("The studio is in dist/: static files, for any server that speaks https or on localhost.");
