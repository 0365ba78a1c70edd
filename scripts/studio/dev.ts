// npm run dev: the studio from its sources, reloading when they change.
import { createServer } from "vite";

const server = await createServer();
await server.listen();
server.printUrls();
