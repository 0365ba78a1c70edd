// Lets TypeScript read a WGSL file as text: import code from "…/shaders/x.wgsl?raw".
declare module "*.wgsl?raw" {
  const code: string;
  export default code;
}
