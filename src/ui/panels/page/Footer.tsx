// The footer: the check of the GPU, and the method's paper.
import { SelfCheckPanel } from "./SelfCheckPanel.tsx";

export function Footer() {
  return (
    <footer className="footer">
      <SelfCheckPanel />
      <p>DISP-LLM (Gao et al., NeurIPS 2024) on WebGPU. Everything runs on this machine; nothing leaves it.</p>
    </footer>
  );
}
