import type { DatabaseFault, Faults, InjectedResponse } from '../../../../packages/assembly-local/faults.ts';
import type { Random } from '../random.ts';
import type { Tally } from '../tally.ts';
import type { FaultRates } from './rates.ts';

const DELAY_MS = { min: 500, max: 6_000 };

/** Long enough for what is sent within a moment to change places. */
const REORDER_MS = { min: 20, max: 400 };

const STUCK_MS = { min: 1_000, max: 6_000 };

/**
 * With the time that the SDK takes to try again, a write has to settle within the time of `APPEND_LIMIT_MS`: real
 * requests that take longer are given up too.
 */
const DATABASE_DELAY_MS = { min: 20, max: 700 };

export interface PassiveOptions {
  readonly rates: FaultRates;
  readonly tally: Tally;
  readonly randomOf: (stream: string) => Random;
}

/** Faults that happen to what passes by: notifications, posts, database requests and the news that something has ended. */
export function passiveFaults({ rates, tally, randomOf }: PassiveOptions): Required<Faults> {
  return {
    notification: notificationFaults(rates.notifications, tally, randomOf('notifications')),
    postOutcome: postFaults(rates.posts, tally, randomOf('posts')),
    database: databaseFaults(rates.database, tally, randomOf('database')),
    loseDisconnect: counted(rates.loseDisconnect, 'disconnect.lost', tally, randomOf('disconnects')),
    loseTaskEvent: counted(rates.loseTaskEvent, 'taskEvent.lost', tally, randomOf('task events')),
  };
}

type Notification = NonNullable<Faults['notification']>;

function notificationFaults(rates: FaultRates['notifications'], tally: Tally, random: Random): Notification {
  return (_queue, body, deliver) => {
    tally.add('notifications');
    const later = (ms: number) => setTimeout(() => deliver(body), ms);
    const fault = draw(rates, random);
    if (fault !== undefined) tally.add(`notification.${fault}`);
    switch (fault) {
      case undefined:
        return deliver(body);
      case 'drop':
        return;
      case 'double':
        deliver(body);
        later(random.between(0, DELAY_MS.min));
        return;
      case 'delay':
        later(random.between(DELAY_MS.min, DELAY_MS.max));
        return;
      case 'reorder':
        later(random.between(REORDER_MS.min, REORDER_MS.max));
        return;
    }
  };
}

const POST_ANSWERS: Readonly<Record<'throttle' | 'fail' | 'failAfterSending', InjectedResponse>> = {
  throttle: { status: 429, code: 'LimitExceededException' },
  fail: { status: 500, code: 'InternalServerErrorException' },
  failAfterSending: { status: 500, code: 'InternalServerErrorException', sent: true },
};

function postFaults(rates: FaultRates['posts'], tally: Tally, random: Random): NonNullable<Faults['postOutcome']> {
  const stuckUntilMs = new Map<string, number>();
  return (connectionId) => {
    tally.add('posts');
    const refuse = (fault: string, answer: InjectedResponse) => {
      tally.add(`post.${fault}`);
      return answer;
    };
    const drawn = draw(rates, random);
    if (drawn === 'stuck') stuckUntilMs.set(connectionId, Date.now() + random.between(STUCK_MS.min, STUCK_MS.max));
    if ((stuckUntilMs.get(connectionId) ?? 0) > Date.now()) return refuse('stuck', POST_ANSWERS.throttle);
    return drawn === undefined || drawn === 'stuck' ? undefined : refuse(drawn, POST_ANSWERS[drawn]);
  };
}

function databaseFaults(rates: FaultRates['database'], tally: Tally, random: Random): NonNullable<Faults['database']> {
  return (): DatabaseFault | undefined => {
    tally.add('database');
    const fault = draw(rates, random);
    if (fault !== undefined) tally.add(`database.${fault}`);
    if (fault === 'delay') return { kind: fault, ms: random.between(DATABASE_DELAY_MS.min, DATABASE_DELAY_MS.max) };
    return fault === undefined ? undefined : { kind: fault };
  };
}

function counted(probability: number, name: string, tally: Tally, random: Random): () => boolean {
  return () => {
    const lost = random.chance(probability);
    if (lost) tally.add(name);
    return lost;
  };
}

/** One draw decides among all: at most one of them happens. */
function draw<K extends string>(rates: Readonly<Record<K, number>>, random: Random): K | undefined {
  let left = random.next();
  for (const name of Object.keys(rates) as K[]) {
    left -= rates[name];
    if (left < 0) return name;
  }
  return undefined;
}
