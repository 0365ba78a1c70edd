// The page that the command line opens in headless Chromium: offers the commands to Node.
import { cliCommands } from "./commands.ts";

Object.assign(window, { cliCommands });
