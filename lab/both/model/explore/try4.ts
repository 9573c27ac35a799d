import { explore } from './explore.ts';
import { CONFIGURATIONS } from './configurations.ts';
import { run } from '../run.ts';
import { MUTATIONS, mutate } from '../mutations.ts';
import { WHERE } from './where.ts';
const max = Number(process.argv[2]);
for (const m of MUTATIONS.filter((m) => process.argv[3] === undefined || m.name === process.argv[3])) {
  const W = { ...mutate(m), heartbeatIntervalMs: 1e9 };
  let total = 0; let found: string | undefined;
  const t = performance.now();
  const undo = m.install?.();
  for (let k = 0; k <= 3 && found === undefined; k++) for (const { name, scenario } of CONFIGURATIONS.filter(({name}) => name.startsWith(WHERE[m.name]!))) {
    const r = await explore((s) => run(scenario, s, W), { maxPreemptions: k, maxRuns: max });
    total += r.runs + r.redundant;
    if (r.failure) { found = `${name} K${k}: ${r.failure.error.message.split('\n')[0]}`; if (process.argv[3]) console.log(r.failure.error.message); break; }
  }
  undo?.();
  console.log(m.name, total, Math.round(performance.now() - t), 'ms', found);
}
