// Lets TypeScript read a Python file as text: import code from "./python/x.py?raw".
declare module "*.py?raw" {
  const code: string;
  export default code;
}
