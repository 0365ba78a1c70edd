// The line at the foot of the page: keys, and where the work is done.
import { SHORTCUTS } from "../../shortcuts.ts";
import { SelfCheckPanel } from "./SelfCheckPanel.tsx";

export function Footer() {
  return (
    <footer className="footer">
      <p>
        {SHORTCUTS.map(({ label, does }) => (
          <span key={label}>
            <kbd>{label}</kbd> {does}{" "}
          </span>
        ))}
      </p>
      <SelfCheckPanel />
      <p>DISP-LLM (Gao et al., NeurIPS 2024) in WebGPU. Everything is computed on this machine; nothing leaves it.</p>
    </footer>
  );
}
