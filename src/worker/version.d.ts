// The program's version, put in by the build (vite.config.ts) from package.json.
declare const __APP_VERSION__: string;
