// The program's version, which the build (vite.config.ts) takes from package.json.
declare const __APP_VERSION__: string;
