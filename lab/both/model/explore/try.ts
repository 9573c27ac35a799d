import { explore } from './explore.ts';
import { CONFIGURATIONS } from './configurations.ts';
import { run } from '../run.ts';
import { PROTOCOL } from '../wiring.ts';
const W = { ...PROTOCOL, heartbeatIntervalMs: 1e9 };
for (const { name, scenario } of CONFIGURATIONS.filter(({name}) => process.argv[4] === undefined || name === process.argv[4])) {
  const t = performance.now();
  let len = 0;
  const out = [];
  for (const k of [0, 1, 2]) {
  const r = await explore(async (s) => { try { await run(scenario, s, W);} finally { len = (s as any).taken.length } }, { maxPreemptions: k, maxRuns: Number(process.argv[2]) });
  out.push(`${r.runs}+${r.redundant}${r.isComplete ? '' : '…'}`, r.failure?.error.message.slice(0, 3000) ?? '');
  if (r.failure) break;
  }
  console.log(name, ...out, Math.round(performance.now() - t));
}
