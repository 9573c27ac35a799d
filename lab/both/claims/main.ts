/** `npm run claims`: figures for claims of docs/which.md that take a browser and a local run. `-- --help` tells the options. */
import { createCommand, runCommand } from '../../../command-line/command.ts';
import { createLog } from '../../../packages/assembly-local/log.ts';
import { startLocalRun } from '../../../packages/assembly-local/run.ts';
import { launchBrowser } from '../../../packages/console/test/browser.ts';
import { describeMachine, machineText } from '../../shared/machine.ts';
import { type AssemblyOptions, addAssemblyOptions, withAssembly } from '../../sse/task/assembly.ts';
import { measureWithoutBus } from './bus.ts';
import { base64Of, countBytes } from './bytes.ts';
import { countEventSources, countWebSocketChannels } from './connections.ts';
import { measureProxies } from './through-proxies.ts';

const DESCRIPTION =
  'Counts TCP connections of a browser on both sides of the local load balancer, channels of a WebSocket, the bytes of an event on each lane, the streams that get an event while one of two tasks hears nothing from the bus, and what passes the reverse proxies that are installed. Needs Linux.';

const parse = (argv: readonly string[]) =>
  addAssemblyOptions(createCommand('claims', DESCRIPTION), 'dev').parse(argv).opts<AssemblyOptions>();

async function main(options: AssemblyOptions, signal: AbortSignal): Promise<undefined> {
  console.log(machineText(describeMachine()));
  await withAssembly(options, signal, async (assemblyDir) => {
    const log = createLog({ verbose: false });
    console.table([await measureWithoutBus({ assemblyDir, log })]);

    const run = await startLocalRun({ assemblyDir, tasks: 1, log });
    const browser = await launchBrowser();
    try {
      const { http, https } = run.urls;
      console.table([
        await countEventSources(browser, run, http, 'EventSource over HTTP/1.1', 100),
        await countEventSources(browser, run, https, 'EventSource over HTTP/2', 100),
        await countEventSources(browser, run, https, 'EventSource over HTTP/2', 200),
        await countWebSocketChannels(run, 100),
      ]);
      console.table([
        await countBytes(run, '1,024 characters of text', 'x'.repeat(1_024)),
        await countBytes(run, '1,024 bytes as base64', base64Of(1_024)),
      ]);
      console.table(await measureProxies(run));
    } finally {
      await browser.close();
      await run.close();
    }
  });
  return undefined;
}

await runCommand(parse, main);
