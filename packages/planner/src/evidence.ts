import { type Facts, factsOf } from './facts.ts';
import type { Evidence, PlanAt } from './matrix.ts';
import type { Measured } from './measured.ts';
import { answersTo, assumedEnds } from './plan.ts';
import { workloadOf } from './presets.ts';
import { TRANSPORTS, type Transport, type UseCaseId } from './thresholds.ts';

/** What the verdicts on a use case follow from. */
export function evidenceFor(useCase: UseCaseId, measured: Measured | undefined): Evidence {
  // Proxies that pass plain HTTP only are a question of one's own clients, not of the use case.
  const workload = { ...workloadOf(useCase), strictProxies: false };
  const planAt = (assumed: PlanAt['assumed'], facts: Facts): PlanAt => ({
    assumed,
    answers: answersTo(workload, facts),
    awsLatencyMs: awsLatencyMs(facts),
  });

  const facts = factsOf(workload.region);
  const ends = assumedEnds(facts).map(({ figure, value, facts: there }) => {
    const { value: insteadOf, unit } = facts.capacity[figure];
    return planAt({ value, insteadOf, unit }, there);
  });
  return { plans: [planAt(undefined, facts), ...ends], measured };
}

/** What a local run does not have: writing to DynamoDB, the bus, and a post to API Gateway. */
function awsLatencyMs({ capacity }: Facts): Readonly<Record<Transport, number>> {
  const toConsumerMs = capacity.publishP99Ms.value + capacity.busP99Ms.value;
  const entries = TRANSPORTS.map((transport) => [transport, toConsumerMs + (transport === 'websocket' ? capacity.postMs.value : 0)]);
  return Object.fromEntries(entries) as Record<Transport, number>;
}
