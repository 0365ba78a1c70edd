// The page for a browser without WebGPU: what is missing, and what to do, browser by browser.
import type { EngineError } from "../../../engine/index.ts";

const WAYS = [
  ["Chrome or Edge", "version 113 or later on Windows, macOS and ChromeOS; 121 or later on Android."],
  [
    "Chrome or Chromium on Linux",
    "open chrome://flags, turn “Unsafe WebGPU Support” and “Vulkan” on and restart; or start it with --enable-unsafe-webgpu --enable-features=Vulkan. Without a GPU, add --use-webgpu-adapter=swiftshader.",
  ],
  ["Safari", "version 26 or later on macOS, iOS and iPadOS."],
  [
    "Firefox",
    "version 141 or later on Windows, 145 or later on macOS; elsewhere set dom.webgpu.enabled to true in about:config.",
  ],
] as const;

export function NoWebgpu({ error }: { error: EngineError }) {
  return (
    <main className="plain-page" data-testid="no-webgpu">
      <div role="alert">
        <h1>Espalier needs WebGPU, and this browser offers none</h1>
        <p>
          All of the training and pruning runs on your own graphics adapter, through WebGPU. Your browser said:{" "}
          <q>{error.message}</q>
        </p>
      </div>
      {isSecureContext ? null : (
        <p>
          <strong>This page was opened over an insecure address.</strong> Browsers give WebGPU only to https:// and to
          http://localhost: open it under one of these.
        </p>
      )}
      <h2>What to do</h2>
      <dl>
        {WAYS.map(([browser, way]) => (
          <div key={browser}>
            <dt>{browser}</dt>
            <dd>{way}</dd>
          </div>
        ))}
        <div>
          <dt>Everywhere</dt>
          <dd>
            turn hardware acceleration on in the browser’s settings and update the graphics driver; chrome://gpu or
            about:support says what the browser found.
          </dd>
        </div>
      </dl>
      <p>
        <button type="button" className="primary" data-testid="try-again" onClick={() => location.reload()}>
          Try again
        </button>
      </p>
    </main>
  );
}
