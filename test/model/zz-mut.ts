import * as fc from '/work/main/node_modules/fast-check/lib/fast-check.js';
import { run } from '/work/main/test/model/run.ts';
import { scenario } from '/work/main/test/model/scenario.ts';
import { MUTATIONS, mutate } from '/work/main/test/model/mutations.ts';
for (const m of MUTATIONS) { if (process.argv[2] && !m.name.includes(process.argv[2])) continue;
  const out: string[] = [];
  for (let seed = 1; seed <= 6; seed++) {
    const undo = m.install?.(); const t0 = performance.now();
    const d = await fc.check(fc.asyncProperty(scenario, fc.scheduler(), (p, s) => run(p, s, mutate(m))), { numRuns: 2000, seed, endOnFailure: true });
    undo?.();
    out.push(d.failed ? `${d.numRuns} (${((performance.now()-t0)/1000).toFixed(1)}s ${(d.errorInstance as any).message.split('\n')[0].slice(0,70)})` : 'NOT');
  }
  console.log(m.name, '\n   ', out.join('\n    '));
}
process.exit(0);
