import { rmSync } from 'node:fs';

export default function removeAssembly(): void {
  const dir = process.env['LANES_E2E_ASSEMBLY'];
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
}
