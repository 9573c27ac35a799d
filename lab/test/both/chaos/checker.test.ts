import { describe, expect, test } from '@jest/globals';
import type { Entry } from '../../../both/chaos/journal.ts';
import { at, back, CHANNEL, KEYS_LAST_MS, left, reset, Scene, start } from './scene.ts';

describe('an ordered subscriber', () => {
  test('who gets everything after its baseline once and in order has nothing to complain of', () => {
    const scene = new Scene().publish(5);
    scene.subscriber('inOrder', start(2.6, 'e.2'), ...scene.events(6, 3, 4, 5));
    expect(scene.found()).toEqual([]);
  });

  test('who starts before the first epoch is promised all of it', () => {
    const scene = new Scene().publish(3);
    scene.subscriber('inOrder', start(0, '0.0'), ...scene.events(4, 1, 2, 3));
    expect(scene.found()).toEqual([]);
    scene.subscriber('inOrder', start(0, '0.0'), ...scene.events(4, 2, 3));
    expect(scene.found()).toEqual(['lost e.1']);
  });

  test('lost: an event in the middle', () => {
    const scene = new Scene().publish(5);
    scene.subscriber('inOrder', start(2.6, 'e.2'), ...scene.events(6, 3, 5));
    expect(scene.found()).toEqual(['lost e.4']);
  });

  test('lost: the last event', () => {
    const scene = new Scene().publish(5);
    scene.subscriber('inOrder', start(2.6, 'e.2'), ...scene.events(6, 3, 4));
    expect(scene.found()).toEqual(['lost e.5']);
    expect(scene.judge().missing).toBe(1);
  });

  test('lost: the first event after the baseline', () => {
    const scene = new Scene().publish(5);
    scene.subscriber('inOrder', start(2.6, 'e.2'), ...scene.events(6, 4, 5));
    expect(scene.found()).toEqual(['lost e.3']);
  });

  test('lost: an event that was first tried after the start, though the baseline claims to be behind it', () => {
    const scene = new Scene().publish(5);
    scene.subscriber('inOrder', start(2.6, 'e.3'), ...scene.events(6, 4, 5));
    expect(scene.found()).toEqual(['lost e.3']);
  });

  test('an event whose publication was under way at the start may lie on either side of the baseline', () => {
    const scene = new Scene().publish(5);
    scene.subscriber('inOrder', start(3.2, 'e.3'), ...scene.events(6, 4, 5));
    scene.subscriber('inOrder', start(3.2, 'e.2'), ...scene.events(6, 3, 4, 5));
    expect(scene.found()).toEqual([]);
  });

  test('lost: everything, for who never got anything', () => {
    const scene = new Scene().publish(3);
    scene.subscriber('inOrder', start(1.8));
    expect(scene.found()).toEqual(['lost e.2', 'lost e.3']);
  });

  test('lost: an event that nobody acknowledged, but that another subscriber saw', () => {
    const scene = new Scene().publish(1);
    const publication = scene.ledger.begin({ key: 'abandoned', channel: CHANNEL, type: 'message', filling: 'x' });
    const abandoned = { kind: 'event', atMs: at(3), id: 'e.2', type: 'message', data: publication.data } as const;
    scene.publishAt(3, 'e.3');
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), abandoned, ...scene.events(4, 3));
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1, 3));
    expect(scene.found()).toEqual(['lost e.2']);
  });

  test('a seq at which no event exists is no loss', () => {
    const scene = new Scene().publishAt(1, 'e.1').publishAt(3, 'e.3');
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(4, 1, 3));
    expect(scene.found()).toEqual([]);
  });

  test('doubled', () => {
    const scene = new Scene().publish(3);
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(4, 1, 2, 2, 3));
    expect(scene.found()).toEqual(['doubled e.2']);
  });

  test('out of order, and not lost as well', () => {
    const scene = new Scene().publish(3);
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(4, 1, 3, 2));
    expect(scene.found()).toEqual(['outOfOrder e.2']);
  });

  test('altered: other data', () => {
    const scene = new Scene().publish(1);
    scene.subscriber('inOrder', start(0, 'e.0'), { kind: 'event', atMs: at(2), id: 'e.1', type: 'message', data: 'key-e.1 y' });
    expect(scene.found()).toEqual(['altered e.1']);
  });

  test('altered: another type', () => {
    const scene = new Scene().publish(1);
    scene.subscriber('inOrder', start(0, 'e.0'), { kind: 'event', atMs: at(2), id: 'e.1', type: 'note', data: 'key-e.1 x' });
    expect(scene.found()).toEqual(['altered e.1']);
  });

  test('unannounced: another epoch without a reset', () => {
    const scene = new Scene().publishAt(1, 'e.1').publishAt(2, 'f.1');
    scene.subscriber('inOrder', start(0, 'e.0'), scene.event('e.1', 2), scene.event('f.1', 3));
    expect(scene.found()).toEqual(['unannounced f.1']);
  });

  test('unannounced: expired events skipped without a reset', () => {
    const scene = new Scene().publish(2).publishAt(90, 'e.3');
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), left(2), back(91), scene.event('e.3', 91));
    expect(scene.found()).toEqual(['unannounced e.2']);
  });
});

describe('a reset', () => {
  test('may skip what has expired, and what lies between that and the new baseline', () => {
    const scene = new Scene().publish(2).publishAt(80, 'e.3').publishAt(95, 'e.4');
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), left(2), back(90), reset(91, 'e.3'), scene.event('e.4', 96));
    expect(scene.found()).toEqual([]);
    expect(scene.judge().resets).toBe(1);
  });

  test('lost: skipped by a reset although nothing had expired', () => {
    const scene = new Scene().publish(4);
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), reset(3.6, 'e.3'), ...scene.events(5, 4));
    expect(scene.found()).toEqual(['lost e.2', 'lost e.3']);
  });

  test('lost: after the new baseline', () => {
    const scene = new Scene().publish(2).publishAt(95, 'e.3').publishAt(96, 'e.4');
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), reset(91, 'e.2'), scene.event('e.4', 96));
    expect(scene.found()).toEqual(['lost e.3']);
  });

  test('lost: published after a reset whose baseline is not known', () => {
    const scene = new Scene().publish(2).publishAt(95, 'e.3').publishAt(96, 'e.4');
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), reset(91), scene.event('e.4', 96));
    expect(scene.found()).toEqual(['lost e.3']);
  });

  test('that skips nothing is needless, but breaks no promise', () => {
    const scene = new Scene().publish(2);
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(1.6, 1), reset(1.7, 'e.1'), ...scene.events(3, 2));
    expect(scene.found()).toEqual([]);
  });
});

describe('leaving', () => {
  test('who is away at the end is owed nothing yet', () => {
    const scene = new Scene().publish(3);
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), left(2));
    expect(scene.found()).toEqual([]);
  });

  test('lost: what was missed by who has come back', () => {
    const scene = new Scene().publish(3);
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), left(2), back(5), ...scene.events(6, 3));
    expect(scene.found()).toEqual(['lost e.2']);
  });

  test('a new start without a cursor owes nothing of the time in between', () => {
    const scene = new Scene().publish(4);
    scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), start(3.6, 'e.3'), ...scene.events(5, 4));
    expect(scene.found()).toEqual([]);
  });
});

describe('a subscriber that is promised every event at least once', () => {
  test('may get them in any order and repeated', () => {
    const scene = new Scene().publish(3);
    scene.subscriber('atLeastOnce', start(0, 'e.0'), ...scene.events(4, 3, 1, 3, 2));
    expect(scene.found()).toEqual([]);
    expect(scene.judge().repeats).toBe(1);
  });

  test('lost: what never came', () => {
    const scene = new Scene().publish(3);
    scene.subscriber('atLeastOnce', start(0, 'e.0'), ...scene.events(4, 3, 1));
    expect(scene.found()).toEqual(['lost e.2']);
  });
});

describe('publications', () => {
  test('republished: two events of one key', () => {
    const scene = new Scene().publishAt(1, 'e.1', 'twice').publishAt(2, 'e.2');
    const again = { ...scene.event('e.1', 3), id: 'e.3' };
    scene.subscriber('inOrder', start(0, 'e.0'), scene.event('e.1', 2), scene.event('e.2', 3), again);
    expect(scene.found()).toEqual(['republished e.1']);
  });

  test("two events of a key that was in doubt for longer than it is remembered are the publisher's own doing", () => {
    const scene = new Scene().publishAt(1, 'e.1', 'twice');
    Object.assign(scene.ledger.find('twice') ?? {}, { acknowledged: { id: 'e.1', atMs: at(1) + KEYS_LAST_MS } });
    scene.subscriber('inOrder', start(0, 'e.0'), scene.event('e.1', 2), { ...scene.event('e.1', 90), id: 'e.2' } as Entry);
    expect(scene.found()).toEqual([]);
  });

  test.each([
    ['while the key is remembered are one too many', KEYS_LAST_MS - 1, ['republished e.1']],
    ['of which the second came when the key was forgotten are the doing of a slow machine', KEYS_LAST_MS, []],
  ])('two events of a publication that was accepted for later %s', (_, apartMs, found) => {
    const scene = new Scene().accept('later');
    Object.assign(scene.ledger.find('later') ?? {}, { firstTriedAtMs: at(1) });
    const event = (id: string, atMs: number): Entry => ({ kind: 'event', atMs, id, type: 'message', data: 'later x' });
    scene.subscriber('inOrder', start(0, 'e.0'), event('e.1', at(2)), event('e.2', at(1) + apartMs));
    expect(scene.found()).toEqual(found);
  });

  test('lost: accepted for later, but neither published nor put aside', () => {
    expect(new Scene().accept('later').found()).toEqual(['lost later']);
  });

  test('accepted for later, and put aside', () => {
    expect(new Scene().accept('later').found({ deadLetters: new Set(['later']) })).toEqual([]);
  });
});

test('the longest wait counts from the acknowledgement, or from when the subscriber came', () => {
  const scene = new Scene().publish(3);
  scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(2, 1), left(2), back(10), ...scene.events(11, 2), ...scene.events(14, 3));
  expect(scene.judge().longestWait).toMatchObject({ ms: 4_000, id: 'e.3' });
});
