import { expect, test } from '@jest/globals';
import { freePort } from '../../../packages/assembly-local/loopback.ts';
import { ServerStartError, startServerProcess } from '../../shared/peers/server-process.ts';

function node(program: string) {
  return startServerProcess(process.execPath, ['-e', program]);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('the first line is handed on, and the process runs until it is stopped', async () => {
  const server = node('console.log("ready"); console.log("more"); setInterval(() => {}, 1000)');

  await expect(server.firstLine()).resolves.toBe('ready');
  expect(isRunning(server.pid)).toBe(true);
  await server.stop();
  expect(isRunning(server.pid)).toBe(false);
});

test('a server that says nothing is awaited until something listens on its port', async () => {
  const port = await freePort();
  const server = node(`setTimeout(() => require('net').createServer().listen(${port}, '127.0.0.1'), 50)`);

  await expect(server.listening(port)).resolves.toBeUndefined();
  await server.stop();
});

test('a process that ends instead is an error with what it wrote', async () => {
  const server = node('console.error("no such option"); process.exit(3)');

  const failure = expect(server.firstLine()).rejects;
  await failure.toThrow(/no such option.*ended with 3/s);
});

test('a program that is not there is an error with its name', async () => {
  const server = startServerProcess('/no/such/program', []);

  const failed = server.firstLine();
  await expect(failed).rejects.toThrow(ServerStartError);
  await expect(failed).rejects.toThrow('/no/such/program');
  await expect(server.stop()).resolves.toBeUndefined();
});

test('stopping what has ended already is harmless', async () => {
  const server = node('process.exit(0)');
  await server.firstLine().catch(() => undefined);

  await expect(server.stop()).resolves.toBeUndefined();
});

test('what it says last, when it is stopped, is known', async () => {
  const server = node(
    'process.on("SIGTERM", () => console.log("done") || process.exit()); console.log("ready"); setInterval(() => {}, 1000)',
  );
  await server.firstLine();

  await server.stop();
  expect(server.lastLine()).toBe('done');
});

test('one that does not end by itself is killed', async () => {
  const stubborn = 'process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)';
  const server = startServerProcess(process.execPath, ['-e', stubborn], { stopMs: 50 });
  await server.firstLine();

  await server.stop();
  expect(isRunning(server.pid)).toBe(false);
});
