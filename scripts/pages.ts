/**
 * `npm run findings` and `npm run diagram`: one synth of each stage provides everything that is generated from
 * the templates: docs/security-findings.md, docs/architecture-diagram.md, and the planner's data with docs/cost.md and the costs on the
 * pages where a stage or a kind of channels is chosen.
 */
import { writeFileSync } from 'node:fs';
import { createCommand, runCommand } from '../command-line/command.ts';
import { COST_PAGE, DEPLOYED_FILE, deployedIn, isPlanned, renderDeployed } from './deployed-resources.ts';
import { graphOf } from './diagram/graph.ts';
import { DIAGRAM_PAGE, renderDiagramPage } from './diagram/page.ts';
import { findingsOf, PAGE, renderPage } from './security-findings.ts';
import { withAssembly } from './synthesize.ts';

function parse(argv: readonly string[]): void {
  createCommand(
    ['findings', 'diagram'],
    'Synthesizes every stage and writes docs/security-findings.md, docs/architecture-diagram.md and docs/cost.md. Takes about a minute.',
  ).parse(argv);
}

async function main(_options: unknown, signal: AbortSignal): Promise<undefined> {
  // Not at the top: otherwise the CDK would be loaded before `--help` is shown.
  const { STAGES } = await import('../lib/stages.ts');
  // One after another: a synth with its checks occupies a whole processor.
  const stages = await Array.fromAsync(STAGES, (stage) =>
    withAssembly(stage.id, { checks: true, signal }, (assemblyDir) => ({
      id: stage.id,
      isPlanned: isPlanned(stage),
      findings: findingsOf(assemblyDir),
      graph: graphOf(assemblyDir),
      deployed: deployedIn(assemblyDir, stage),
    })),
  );
  writeFileSync(PAGE, renderPage(Object.fromEntries(stages.map(({ id, findings }) => [id, findings]))));
  writeFileSync(DIAGRAM_PAGE, renderDiagramPage(Object.fromEntries(stages.map(({ id, graph }) => [id, graph]))));
  const planned = stages.filter((stage) => stage.isPlanned);
  writeFileSync(DEPLOYED_FILE, renderDeployed(Object.fromEntries(planned.map(({ id, deployed }) => [id, deployed]))));
  // Imported only now: the planner reads what was just written.
  const { renderCostPage } = await import('../packages/planner/src/pages.ts');
  writeFileSync(COST_PAGE, renderCostPage());
  const { PAGES_WITH_COSTS, withCosts } = await import('./planner-blocks.ts');
  for (const page of PAGES_WITH_COSTS) writeFileSync(page, withCosts(page));
  for (const { id, findings, graph } of stages) {
    const constructs = findings.flatMap((finding) => finding.constructs);
    console.log(
      `${id}: ${constructs.length} findings in docs/security-findings.md, ${graph.nodes.length} resources in docs/architecture-diagram.md`,
    );
  }
}

await runCommand(parse, main);
