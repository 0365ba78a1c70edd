// npm run dev: serves the studio from its sources and reloads it when they change.
import { createServer } from "vite";

const server = await createServer();
await server.listen();
server.printUrls();
