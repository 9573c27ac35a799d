import { token } from './access.ts';
import { change, onceByKey, publishFunction, replay, sameEventsEverywhere } from './deliveries.ts';
import type { Step } from './step.ts';

/** What any deployment is asked to do, with whichever lanes it has. */
export const SCENARIO: readonly Step[] = [publishFunction, token, sameEventsEverywhere, replay, change, onceByKey];
