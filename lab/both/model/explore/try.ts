import { explore } from './explore.ts';
import { CONFIGURATIONS } from './configurations.ts';
import { run } from '../run.ts';
import { PROTOCOL } from '../wiring.ts';
const W = { ...PROTOCOL, heartbeatIntervalMs: 1e9 };
for (const { name, scenario } of CONFIGURATIONS.filter((_, i) => process.argv[4] === undefined || i === Number(process.argv[4]))) {
  const t = performance.now();
  let len = 0;
  const r = await explore(async (s) => { try { await run(scenario, s, W);} finally { len = (s as any).taken.length } }, { maxPreemptions: Number(process.argv[2]), maxRuns: Number(process.argv[3]) });
  console.log(name, r.runs, r.redundant, r.isComplete, 'len', len, ((performance.now() - t) / (r.runs + r.redundant)).toFixed(2), 'ms each', r.failure?.error.message.slice(0, 3000) ?? '');
}
