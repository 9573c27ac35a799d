import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LatestEntry } from '../../protocol/index.ts';
import { stateTag } from '../../protocol/state-tag.ts';
import { LatestKeys } from '../src/latest.ts';
import type { ChannelLatest } from '../src/types.ts';

const CHANNEL = 'latest.prices';
const PUBLISHED_AT = '2026-11-30T00:00:00.000Z';

const value = (key: string, version: string): LatestEntry => ({ key, version, type: 'message', data: version, publishedAt: PUBLISHED_AT });
const removal = (key: string, version: string): LatestEntry => ({ key, version, removed: true, publishedAt: PUBLISHED_AT });
const toText = ({ key, version, removed }: ChannelLatest) => `${key} ${version}${removed ? ' removed' : ''}`;

/** What a subscription holds, and everything that it has delivered. */
function follow() {
  const keys = new LatestKeys(CHANNEL);
  const out: string[] = [];
  const offer = (...entries: readonly LatestEntry[]) => void out.push(...keys.offer(entries).map(toText));
  return {
    keys,
    out,
    offer,
    /** A snapshot of these entries, asked for before what `meanwhile` does. */
    snapshot(entries: readonly LatestEntry[], meanwhile = () => {}) {
      // A clock that has moved on since the last entry.
      const sinceMs = performance.now() + 0.001;
      while (performance.now() <= sinceMs);
      meanwhile();
      offer(...entries);
      out.push(...keys.complete(sinceMs).map(toText));
    },
  };
}

describe('the keys of a latest channel', () => {
  test('are delivered as they come, and what is not newer is dropped', () => {
    const { offer, out } = follow();
    offer(value('a', '1.2'), value('a', '1.1'), value('a', '1.2'), value('b', '1.1'), value('a', '1.a'), value('a', '1.9'));
    expect(out).toEqual(['a 1.2', 'b 1.1', 'a 1.a']);
  });

  test('of a later life win over all versions of the one before', () => {
    const { offer, out } = follow();
    offer(value('a', '9.zz'), value('a', '10.1'), value('a', '9.100'));
    expect(out).toEqual(['a 9.zz', 'a 10.1']);
  });

  test('are removed once, by a version of their own or without one, and an older version does not bring them back', () => {
    const { offer, out } = follow();
    offer(value('a', '1.1'), removal('a', '1.2'), removal('a', '1.2'), value('a', '1.1'));
    offer(value('b', '1.1'), removal('b', '1.1'), removal('c', '1.1'));
    offer(value('a', '1.3'), removal('a', '1.2'));
    expect(out).toEqual(['a 1.1', 'a 1.2 removed', 'b 1.1', 'b 1.1 removed', 'a 1.3']);
  });

  test('are gone if a snapshot leaves them out, and come back with the version that they had', () => {
    const { offer, snapshot, out } = follow();
    offer(value('a', '1.5'), value('b', '1.1'));
    snapshot([value('b', '1.1')]);
    offer(value('a', '1.4'));
    offer(value('a', '1.5'));
    expect(out).toEqual(['a 1.5', 'b 1.1', 'a 1.5 removed', 'a 1.5']);
  });

  test('that have come since the snapshot was asked for are kept', () => {
    const { offer, snapshot, out } = follow();
    offer(value('a', '1.1'));
    snapshot([value('a', '1.1')], () => offer(value('new', '2.1'), value('a', '1.2')));
    expect(out).toEqual(['a 1.1', 'new 2.1', 'a 1.2']);
  });

  test('stay if the server holds the same', () => {
    const { keys, offer, out } = follow();
    offer(value('a', '1.1'));
    expect(keys.complete(0)).toEqual([]);
    expect(out).toEqual(['a 1.1']);
  });

  test('have a state from the first snapshot on', () => {
    const { keys, offer, snapshot } = follow();
    offer(value('a', '1.1'));
    expect(keys.state).toBeUndefined();
    snapshot([value('a', '1.1'), value('b', '1.1'), removal('c', '1.2')]);
    expect(keys.state).toBe(stateTag([value('a', '1.1'), value('b', '1.1')]));
    offer(value('a', '1.2'), removal('b', '1.2'));
    expect(keys.state).toBe(stateTag([value('a', '1.2')]));
  });

  test('that are gone are remembered up to a number of them', () => {
    const { offer, out } = follow();
    for (let nth = 0; nth <= 1_000; nth++) offer(removal(`k${nth}`, '1.2'));
    offer(value('k1', '1.1'), value('k0', '1.1'));
    expect(out).toEqual(['k0 1.1']);
  });
});

test('whatever is lost, late, repeated or out of order: no key goes back, and a snapshot puts all right', () => {
  const keyOf = fc.constantFrom('a', 'b', 'c');
  const write = fc.record({ key: keyOf, what: fc.constantFrom('value', 'value', 'removal', 'new life') });
  const steps = fc.array(fc.oneof(write, fc.record({ deliver: fc.nat() }), fc.constant('snapshot' as const)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (run) => {
      const { keys, offer, snapshot, out } = follow();
      const table = new Map<string, LatestEntry>();
      const sent: LatestEntry[] = [];
      let lives = 0;
      for (const next of [...run, 'snapshot' as const]) {
        if (next === 'snapshot') {
          snapshot([...table.values()]);
          const there = [...table.values()].filter((entry) => !('removed' in entry));
          expect(keys.state).toBe(stateTag(there));
        } else if ('deliver' in next) {
          const entry = sent[next.deliver % Math.max(1, sent.length)];
          if (entry !== undefined) offer(entry);
        } else {
          const [life, count] = table.get(next.key)?.version.split('.') ?? [];
          const isNew = life === undefined || next.what === 'new life';
          const version = isNew ? `${(++lives).toString(36)}.1` : `${life}.${(Number.parseInt(count ?? '', 36) + 1).toString(36)}`;
          const entry = next.what === 'removal' ? removal(next.key, version) : value(next.key, version);
          table.set(next.key, entry);
          sent.push(entry);
        }
      }
      for (const key of ['a', 'b', 'c']) {
        const values = out.filter((text) => text.startsWith(key) && !text.endsWith('removed')).map((text) => text.slice(2));
        const order = values.map((text) => text.split('.').map((part) => Number.parseInt(part, 36)));
        const sorted = [...order].sort(([life = 0, count = 0], [otherLife = 0, otherCount = 0]) => life - otherLife || count - otherCount);
        expect(order).toEqual(sorted);
        expect(new Set(values).size).toBe(values.length);
      }
    }),
  );
});
