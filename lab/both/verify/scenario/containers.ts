import { check, type Step } from '../../../../scripts/verify-stage/scenario/step.ts';
import type { ContainerRunner } from '../tasks/container-runner.ts';
import type { World } from './world.ts';

/** Looks from inside: who the container's user is, what it may do, and where it can write. Prints JSON. */
const LOOK = `
const fs = require('node:fs');
const written = ['/srv/x', '/tmp/x', '/home/node/x', '/dev/shm/x'].filter((file) => {
  try { fs.writeFileSync(file, ''); return true; } catch { return false; }
});
const capabilities = /^CapEff:\\s*(\\w+)/m.exec(fs.readFileSync('/proc/1/status', 'utf8'))[1];
const [command] = fs.readFileSync('/proc/1/cmdline', 'utf8').split('\\0');
console.log(JSON.stringify({ uid: process.getuid(), node: process.version, command, capabilities, written }));
`;

/** What the image and the task definition promise of a container, seen from inside it. */
export function inContainers(runner: ContainerRunner): Step<World> {
  return {
    name: 'containers of the image run the service as its own user, who can write nowhere',
    async run({ tasks }) {
      const seen = await Promise.all(tasks.running.map(({ id }) => runner.execute(id, 'node', '-e', LOOK)));
      for (const text of seen) {
        const { uid, command, capabilities, written } = JSON.parse(text);
        check(uid !== 0 && command === 'node' && Number.parseInt(capabilities, 16) === 0 && written.length === 0, text);
      }
      return `${seen.length} containers: ${seen[0]}`;
    },
  };
}
