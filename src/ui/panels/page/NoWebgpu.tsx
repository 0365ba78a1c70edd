// The page for a browser without WebGPU: what is missing, and what to do in each browser.
import type { ReactNode } from "react";
import type { EngineError } from "../../../engine/index.ts";
import { FIRST_VERSIONS } from "../../../shared/browsers.ts";

const { chrome, safari, firefoxWindows, firefoxMac } = FIRST_VERSIONS;
const FIXES: readonly { browser: string; fix: ReactNode }[] = [
  {
    browser: "Chrome or Edge",
    fix: `Version ${chrome} or later on Windows, macOS, ChromeOS and Android.`,
  },
  {
    browser: "Chrome or Chromium on Linux",
    fix: (
      <>
        Open <code>chrome://flags</code>, turn on “Unsafe WebGPU Support” and “Vulkan”, and restart; or start it with{" "}
        <code>--enable-unsafe-webgpu</code> <code>--enable-features=Vulkan</code>. Without a GPU, add{" "}
        <code>--use-webgpu-adapter=swiftshader</code>.
      </>
    ),
  },
  { browser: "Safari", fix: `Version ${safari} or later on macOS, iOS and iPadOS.` },
  {
    browser: "Firefox",
    fix: (
      <>
        Version {firefoxWindows} or later on Windows, {firefoxMac} or later on macOS. Elsewhere, set{" "}
        <code>dom.webgpu.enabled</code> to true in <code>about:config</code>.
      </>
    ),
  },
  {
    browser: "Any browser",
    fix: (
      <>
        Turn on hardware acceleration in the browser’s settings and update the graphics driver.{" "}
        <code>chrome://gpu</code> or <code>about:support</code> lists what the browser found.
      </>
    ),
  },
];

interface Props {
  /** What the browser reported. */
  error: EngineError;
}

export function NoWebgpu({ error }: Props) {
  return (
    <main className="plain-page" data-testid="no-webgpu">
      <div role="alert">
        <h1>Espalier needs WebGPU, which is not available here</h1>
        <p>
          Training and pruning run on your own GPU, through WebGPU. What went wrong: <q>{error.message}</q>
        </p>
      </div>
      {isSecureContext ? null : (
        <p>
          <strong>This page was opened over an insecure address.</strong> Browsers offer WebGPU only on https:// and on
          http://localhost. Open the page on one of these.
        </p>
      )}
      <h2>What to do</h2>
      <dl>
        {FIXES.map(({ browser, fix }) => (
          <div key={browser}>
            <dt>{browser}</dt>
            <dd>{fix}</dd>
          </div>
        ))}
      </dl>
      <p>
        <button type="button" className="primary" data-testid="try-again" onClick={() => location.reload()}>
          Try again
        </button>
      </p>
    </main>
  );
}
