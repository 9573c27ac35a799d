import { Option } from 'commander';
import { createCommand, runCommand, UsageError } from '../../command-line/command.ts';

/** A command that ends in every way in which a command may. */
const parse = (argv: readonly string[]) =>
  createCommand(['one', 'two'], 'Ends.')
    .addOption(
      new Option('--by <way>').choices(['success', 'much', 'code', 'failure', 'misuse', 'bug', 'signal', 'success after a signal']),
    )
    .addOption(new Option('--verbose').default(false))
    .parse(argv)
    .opts<{ readonly by?: string }>();

await runCommand(parse, async ({ by }, signal) => {
  if (by === 'code') return 69;
  if (by === 'much') process.stdout.write(`${'x'.repeat(1_000_000)}\n`);
  if (by === 'failure')
    throw new Error('the server does not answer', { cause: new AggregateError([new Error('refused'), new Error('no route')]) });
  if (by === 'misuse') throw new UsageError('dist is taken');
  if (by === 'bug') throw new TypeError('x is not a function');
  if (by?.endsWith('signal')) {
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    const alive = setInterval(() => undefined, 1_000);
    process.stdout.write('waiting\n');
    await aborted;
    clearInterval(alive);
    if (by === 'signal') signal.throwIfAborted();
  }
  return undefined;
});
