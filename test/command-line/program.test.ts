import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { CommandError, runUntil } from '../../command-line/program.ts';

const never = new AbortController().signal;

const node = (signal: AbortSignal, program: string) => runUntil(signal)(process.execPath, ['-e', program]);

test('returns what a program prints to standard output', async () => {
  expect(await node(never, 'console.error("aside"); console.log(" answer ")')).toBe('answer');
});

test('a program that fails is an error with its exit code and its output', async () => {
  const failing = node(never, 'console.error("why"); process.exitCode = 3');
  await expect(failing).rejects.toThrow(CommandError);
  await expect(failing).rejects.toThrow(/ended with 3:\nwhy$/);
});

test('when the signal aborts, a program that ignores SIGTERM has ended before the reason is thrown', async () => {
  const stopping = new AbortController();
  const { promise: started, resolve } = Promise.withResolvers<number>();
  const server = createServer((socket) => socket.on('data', (data) => resolve(Number(data))));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const program = `process.on('SIGTERM', () => {}); require('net').connect(${port}, '127.0.0.1').write(String(process.pid));`;
  const running = node(stopping.signal, program);
  const pid = await started;
  stopping.abort();
  await expect(running).rejects.toBe(stopping.signal.reason);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  server.close();
});

test('starts nothing once the signal has aborted', async () => {
  await expect(node(AbortSignal.abort('over'), '')).rejects.toBe('over');
});
