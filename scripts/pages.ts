/**
 * `npm run findings` and `npm run diagram`: one synth of each stage provides both pages that are generated
 * from the templates, docs/security-findings.md and docs/architecture-diagram.md.
 */
import { writeFileSync } from 'node:fs';
import { createCommand, runCommand } from '../command-line/command.ts';
import { graphOf } from './diagram/graph.ts';
import { DIAGRAM_PAGE, renderDiagramPage } from './diagram/page.ts';
import { findingsOf, PAGE, renderPage } from './security-findings.ts';
import { withAssembly } from './synthesize.ts';

function parse(argv: readonly string[]): void {
  createCommand(
    ['findings', 'diagram'],
    'Synthesizes every stage and writes docs/security-findings.md and docs/architecture-diagram.md. Takes about a minute.',
  ).parse(argv);
}

async function main(_options: unknown, signal: AbortSignal): Promise<undefined> {
  // Not at the top: otherwise the CDK would be loaded before `--help` is shown.
  const { STAGES } = await import('../lib/stages.ts');
  // One after another: a synth with its checks occupies a whole processor.
  const stages = await Array.fromAsync(STAGES, ({ id }) =>
    withAssembly(id, { checks: true, signal }, (assemblyDir) => ({ id, findings: findingsOf(assemblyDir), graph: graphOf(assemblyDir) })),
  );
  writeFileSync(PAGE, renderPage(Object.fromEntries(stages.map(({ id, findings }) => [id, findings]))));
  writeFileSync(DIAGRAM_PAGE, renderDiagramPage(Object.fromEntries(stages.map(({ id, graph }) => [id, graph]))));
  for (const { id, findings, graph } of stages) {
    const constructs = findings.flatMap((finding) => finding.constructs);
    console.log(
      `${id}: ${constructs.length} findings in docs/security-findings.md, ${graph.nodes.length} resources in docs/architecture-diagram.md`,
    );
  }
}

await runCommand(parse, main);
