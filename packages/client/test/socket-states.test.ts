import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LINK, type StateTable, SUBSCRIPTION } from '../src/socket-states.ts';

/** `state event -> next: effects` of every transition. What is not here is ignored. */
const LINK_TRANSITIONS = [
  'closed needed -> opening: open',
  'opening opened -> open: use',
  'opening failed -> waiting: announcePause',
  'opening refused -> closed: closeAll failAll',
  'opening stopped -> closed: closeAll',
  'waiting refused -> closed: closeAll failAll',
  'waiting retryDue -> opening: open',
  'waiting stopped -> closed: closeAll',
  'open lost -> waiting: announcePause',
  'open replaceDue -> replacing: open',
  'open stopped -> closed: closeAll',
  'replacing opened -> open: use',
  'replacing failed -> replacingLater: pause',
  'replacing refused -> closed: closeAll failAll',
  'replacing lost -> opening: ',
  'replacing stopped -> closed: closeAll',
  'replacingLater refused -> closed: closeAll failAll',
  'replacingLater retryDue -> replacing: open',
  'replacingLater lost -> waiting: ',
  'replacingLater stopped -> closed: closeAll',
];

const SUBSCRIPTION_TRANSITIONS = [
  'queued moved -> queued: schedule',
  'queued turn -> subscribing: subscribe',
  'queued refused -> ended: fail release',
  'queued left -> ended: release',
  'subscribing moved -> queued: schedule',
  'subscribing complete -> following: resetBackoff',
  'subscribing incomplete -> awaitingGap: startGapTimer',
  'subscribing failed -> awaitingRetry: startRetryTimer',
  'subscribing refused -> ended: fail release',
  'subscribing left -> ended: release',
  'following refresh -> queued: schedule',
  'following moved -> queued: schedule',
  'following refused -> ended: fail release',
  'following gap -> awaitingGap: startGapTimer',
  'following left -> ended: release',
  'awaitingGap refresh -> queued: stopTimer schedule',
  'awaitingGap moved -> queued: stopTimer schedule',
  'awaitingGap refused -> ended: stopTimer fail release',
  'awaitingGap inOrder -> following: stopTimer resetBackoff',
  'awaitingGap retryDue -> queued: schedule',
  'awaitingGap left -> ended: stopTimer release',
  'awaitingRetry moved -> queued: stopTimer schedule',
  'awaitingRetry refused -> ended: stopTimer fail release',
  'awaitingRetry retryDue -> queued: schedule',
  'awaitingRetry left -> ended: stopTimer release',
];

type AnyTable = StateTable<string, string, string>;

const statesOf = (table: AnyTable) => Object.keys(table);
const eventsOf = (table: AnyTable) => [...new Set(Object.values(table).flatMap((row) => Object.keys(row)))];

function transitionsOf(table: AnyTable): string[] {
  return Object.entries(table).flatMap(([state, row]) =>
    Object.entries(row).flatMap(([event, transition]) => {
      const [next, ...effects] = transition ?? [];
      return [`${state} ${event} -> ${next}: ${effects.join(' ')}`];
    }),
  );
}

/** What happens from `state` on: the states passed through, and all effects. */
function run(table: AnyTable, state: string, events: readonly string[]): { readonly states: string[]; readonly effects: string[] } {
  const states = [state];
  const effects: string[] = [];
  for (const event of events) {
    const [next = states.at(-1) ?? '', ...done] = table[states.at(-1) ?? '']?.[event] ?? [];
    states.push(next);
    effects.push(...done);
  }
  return { states, effects };
}

describe.each([
  ['link', LINK as AnyTable, LINK_TRANSITIONS, 'closed'],
  ['subscription', SUBSCRIPTION as AnyTable, SUBSCRIPTION_TRANSITIONS, 'queued'],
] as const)('the %s', (_, table, transitions, start) => {
  test.each(transitions)('%s', (transition) => {
    expect(transitionsOf(table)).toContain(transition);
  });

  test('ignores everything else', () => {
    expect(transitionsOf(table).sort()).toEqual([...transitions].sort());
  });

  test('reaches every state, and no unknown one', () => {
    const reached = new Set<string>([start]);
    for (const state of reached) {
      for (const event of eventsOf(table)) {
        const [next] = table[state]?.[event] ?? [];
        if (next !== undefined) reached.add(next);
      }
    }
    expect([...reached].sort()).toEqual(statesOf(table).sort());
  });
});

describe('the link, in sequences', () => {
  test.each([
    ['connects at the first need, once', ['needed', 'needed', 'opened', 'needed'], ['open', 'use']],
    [
      'reconnects after a loss, with a pause',
      ['needed', 'opened', 'lost', 'retryDue', 'opened'],
      ['open', 'use', 'announcePause', 'open', 'use'],
    ],
    [
      'replaces a socket without a word',
      ['needed', 'opened', 'replaceDue', 'failed', 'retryDue', 'opened'],
      ['open', 'use', 'open', 'pause', 'open', 'use'],
    ],
    [
      'has one attempt at a time',
      ['needed', 'opened', 'replaceDue', 'lost', 'replaceDue', 'failed'],
      ['open', 'use', 'open', 'announcePause'],
    ],
    ['can be needed again after the end', ['needed', 'refused', 'needed'], ['open', 'closeAll', 'failAll', 'open']],
    ['ignores what comes after the end', ['needed', 'stopped', 'opened', 'failed', 'refused', 'retryDue', 'lost'], ['open', 'closeAll']],
  ])('%s', (_, events, effects) => {
    expect(run(LINK as AnyTable, 'closed', events).effects).toEqual(effects);
  });

  test('an attempt or a pause is under way in exactly the states that wait for one', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...eventsOf(LINK as AnyTable))), (events) => {
        let underWay: 'attempt' | 'pause' | 'nothing' = 'nothing';
        let state: string = 'closed';
        for (const event of events) {
          // An attempt or a pause ends by its own event.
          if (['opened', 'failed'].includes(event) && underWay !== 'attempt') continue;
          if (event === 'retryDue' && underWay !== 'pause') continue;
          if (event === 'refused' && underWay === 'nothing') continue;
          const [next = state, ...effects] = (LINK as AnyTable)[state]?.[event] ?? [];
          state = next;
          if (['opened', 'failed', 'retryDue', 'refused', 'stopped'].includes(event)) underWay = 'nothing';
          for (const effect of effects) {
            if (effect === 'open' || effect === 'pause' || effect === 'announcePause') expect(underWay).toBe('nothing');
            if (effect === 'open') underWay = 'attempt';
            if (effect === 'pause' || effect === 'announcePause') underWay = 'pause';
          }
          const expected = { opening: 'attempt', replacing: 'attempt', waiting: 'pause', replacingLater: 'pause' }[state] ?? 'nothing';
          expect([state, underWay]).toEqual([state, expected]);
        }
      }),
    );
  });
});

describe('a subscription, in sequences', () => {
  test.each([
    ['subscribes in its turn', ['turn', 'complete'], 'following', ['subscribe', 'resetBackoff']],
    [
      'asks for a gap that does not close',
      ['turn', 'complete', 'gap', 'retryDue', 'turn'],
      'subscribing',
      ['subscribe', 'resetBackoff', 'startGapTimer', 'schedule', 'subscribe'],
    ],
    [
      'asks for nothing where a gap closes by itself',
      ['turn', 'complete', 'gap', 'inOrder', 'retryDue'],
      'following',
      ['subscribe', 'resetBackoff', 'startGapTimer', 'stopTimer', 'resetBackoff'],
    ],
    [
      'keeps the wait that the server asked for through a check',
      ['turn', 'failed', 'refresh', 'inOrder', 'retryDue'],
      'queued',
      ['subscribe', 'startRetryTimer', 'schedule'],
    ],
    [
      'asks on the new socket, and ignores the answer of the old one',
      ['turn', 'moved', 'complete', 'failed', 'turn'],
      'subscribing',
      ['subscribe', 'schedule', 'subscribe'],
    ],
    [
      'asks for nothing more where a check comes while it asks',
      ['turn', 'refresh', 'complete'],
      'following',
      ['subscribe', 'resetBackoff'],
    ],
    [
      'asks again after its answer for what a check has found meanwhile',
      ['turn', 'gap', 'incomplete', 'retryDue', 'turn'],
      'subscribing',
      ['subscribe', 'startGapTimer', 'schedule', 'subscribe'],
    ],
  ])('%s', (_, events, state, effects) => {
    const { states, effects: done } = run(SUBSCRIPTION as AnyTable, 'queued', events);
    expect([states.at(-1), done]).toEqual([state, effects]);
  });

  test('a timer runs in exactly the states that wait for it, and never two', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...eventsOf(SUBSCRIPTION as AnyTable))), (events) => {
        let timers = 0;
        let state: string = 'queued';
        for (const event of events) {
          if (event === 'retryDue' && timers === 0) continue;
          if (event === 'retryDue') timers--;
          const [next = state, ...effects] = (SUBSCRIPTION as AnyTable)[state]?.[event] ?? [];
          state = next;
          for (const effect of effects) timers += effect.startsWith('start') ? 1 : effect === 'stopTimer' ? -1 : 0;
          expect([state, timers]).toEqual([state, state.startsWith('awaiting') ? 1 : 0]);
        }
      }),
    );
  });

  test('ends once, and is forgotten then', () => {
    for (const state of statesOf(SUBSCRIPTION as AnyTable).filter((name) => name !== 'ended')) {
      for (const event of ['left', 'refused']) {
        const { states, effects } = run(SUBSCRIPTION as AnyTable, state, [event, 'left', 'refused', 'moved', 'turn', 'retryDue']);
        expect([state, event, states.at(-1), effects.filter((effect) => effect === 'release')]).toEqual([
          state,
          event,
          'ended',
          ['release'],
        ]);
        expect(effects.includes('fail')).toBe(event === 'refused');
      }
    }
  });
});
