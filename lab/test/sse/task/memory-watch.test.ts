import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { MemoryWatch, queuedBytes } from '../../../sse/task/memory-watch.ts';

/** As proc(5) has it. */
const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:1F90 0100007F:C350 01 00000A00:00000010 00:00000000 00000000     0        0 2 1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00010000 00:00000000 00000000     0        0 3 1
   3: 0100007F:1F91 0100007F:C351 01 00000A00:00000000 00:00000000 00000000     0        0 4 1
`;

test('what sockets of a port hold is what waits in their two queues, and not what others hold', () => {
  expect(queuedBytes(TABLE, 8080)).toBe(0xa00 + 0x10);
});

test('memory is seen, and so is the end of the process', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1000)']);
  await once(child.stdout, 'data');
  const watch = new MemoryWatch({ pid: child.pid ?? 0, port: 1 });
  child.kill('SIGKILL');
  if (!watch.death.aborted) await once(watch.death, 'abort');
  expect(await watch.stop()).toMatchObject({ died: true });

  const ours = new MemoryWatch({ pid: process.pid, port: 1 });
  const { residentBytes, countedBytes, died } = await ours.stop();
  expect(died).toBe(false);
  expect(residentBytes).toBeGreaterThan(1024 * 1024);
  expect(countedBytes).toBeGreaterThanOrEqual(residentBytes);
});
