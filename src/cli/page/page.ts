// The page that the command line opens in headless Chromium: offers the commands to Node.
import { commands } from "./commands.ts";

Object.assign(window, { espalier: commands });
