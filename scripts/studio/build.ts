// npm run build: the studio as static files in dist/.
import { build } from "vite";

await build({ logLevel: "warn" });
console.log("Built dist/: static files for any server, over https or on localhost.");
