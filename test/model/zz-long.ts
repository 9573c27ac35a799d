import { playModel } from './play-model.ts';
import { PROTOCOL } from './wiring.ts';
const until = performance.now() + 540_000;
let n = 0;
for (let seed = Number(process.argv[2]); performance.now() < until; seed++) {
  const r = await playModel(PROTOCOL, { runs: 400, seed, path: undefined, shrinks: false });
  n += 400;
  if (r) { console.log(r); break; }
}
console.log('runs', n);
process.exit(0);
