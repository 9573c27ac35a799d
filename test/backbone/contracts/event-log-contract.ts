import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { EventLog, LogPage } from '../../../backbone/ports.ts';
import { formatPosition, isOrigin, parsePosition } from '../../../packages/protocol/cursor.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { claimsContract } from './claims-contract.ts';

const RETENTION_MS = 60_000;

/** What every {@link EventLog} promises. `create` answers an empty log. */
export function eventLogContract(name: string, create: (clock: ManualClock, retentionMs: number) => Promise<EventLog>): void {
  describe(`${name} as an EventLog`, () => {
    let clock: ManualClock;
    let log: EventLog;

    beforeEach(async () => {
      clock = new ManualClock();
      log = await create(clock, RETENTION_MS);
    });

    async function store(channel: string, data: string, publicationId = `id of ${data}`): Promise<ChannelEvent> {
      const position = await log.allocate(channel);
      const event: ChannelEvent = { channel, ...position, type: 'message', data, publishedAtMs: clock.nowMs() };
      await expect(log.append(event, publicationId)).resolves.toEqual({ kind: 'stored', event });
      return event;
    }

    function seqs(page: LogPage): readonly number[] {
      return page.entries.map((entry) => entry.seq);
    }

    describe('allocate', () => {
      test('counts from 1 without gaps, in one epoch', async () => {
        const positions = [await log.allocate('a'), await log.allocate('a'), await log.allocate('a')];
        expect(positions.map(({ seq }) => seq)).toEqual([1, 2, 3]);
        expect(new Set(positions.map(({ epoch }) => epoch)).size).toBe(1);
      });

      test('takes several seqs at once, and returns the first', async () => {
        const one = await log.allocate('a');
        const several = await log.allocate('a', 5);
        const next = await log.allocate('a');
        expect([one.seq, several.seq, next.seq]).toEqual([1, 2, 7]);
        expect(several.epoch).toBe(one.epoch);
        expect(await log.head('a')).toMatchObject({ seq: 7 });
      });

      test('begins an epoch with several seqs', async () => {
        expect((await log.allocate('a', 3)).seq).toBe(1);
        expect(await log.head('a')).toMatchObject({ seq: 3 });
      });

      test('gives every concurrent caller its own seq', async () => {
        const positions = await Promise.all(Array.from({ length: 20 }, () => log.allocate('a')));
        expect(positions.map(({ seq }) => seq).sort((x, y) => x - y)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
        expect(new Set(positions.map(({ epoch }) => epoch)).size).toBe(1);
      });

      test('counts each channel separately, in an epoch of its own', async () => {
        const a = await log.allocate('a');
        const b = await log.allocate('b');
        expect(b.seq).toBe(1);
        expect(b.epoch).not.toBe(a.epoch);
      });

      test('creates an epoch that a cursor can carry', async () => {
        const position = await log.allocate('a');
        expect(parsePosition(formatPosition(position))).toEqual(position);
        expect(isOrigin(position)).toBe(false);
      });
    });

    describe('head', () => {
      test('is undefined for a channel that was never used, however it is read', async () => {
        expect(await log.head('a')).toBeUndefined();
        expect((await log.heads(['a'])).size).toBe(0);
        await log.read('a', 'e1', 1, 10);
        await log.readBack('a', 'e1', 10, 10);
        await log.claim({ channel: 'a', scope: 'ann', key: 'k' });
        expect(await log.head('a')).toBeUndefined();
      });

      test('is created by the first position, with its time', async () => {
        await clock.advance(1000);
        const nowMs = clock.nowMs();
        const { epoch } = await log.allocate('a');
        await clock.advance(1000);
        expect(await log.head('a')).toEqual({ epoch, seq: 1, createdAtMs: nowMs, allocatedAtMs: nowMs });
      });

      test('follows the newest assigned seq, written or not, and when it was assigned', async () => {
        const createdAtMs = clock.nowMs();
        await log.allocate('a');
        await clock.advance(5000);
        const { epoch } = await log.allocate('a');
        expect(await log.head('a')).toEqual({ epoch, seq: 2, createdAtMs, allocatedAtMs: createdAtMs + 5000 });
      });

      test('never expires', async () => {
        const { epoch } = await log.allocate('a');
        await clock.advance(10 * RETENTION_MS);
        expect(await log.head('a')).toMatchObject({ epoch, seq: 1 });
      });
    });

    describe('heads', () => {
      test('returns the channels that exist and creates none', async () => {
        await log.allocate('a');
        await log.allocate('b');
        const heads = await log.heads(['a', 'nobody', 'b', 'a']);
        expect([...heads.keys()].sort()).toEqual(['a', 'b']);
        expect(heads.get('a')).toEqual(await log.head('a'));
        expect((await log.heads(['nobody'])).size).toBe(0);
      });

      test('returns more channels than fit into one batch', async () => {
        const channels = Array.from({ length: 120 }, (_, i) => `c${i}`);
        await Promise.all(channels.map((channel) => log.allocate(channel)));
        expect((await log.heads(channels)).size).toBe(120);
      });

      test('of no channels is empty', async () => {
        expect((await log.heads([])).size).toBe(0);
      });
    });

    describe('append', () => {
      test('stores what read returns', async () => {
        const event = await store('a', 'two\nlines ☂ \u0001');
        const page = await log.read('a', event.epoch, 1, 10);
        expect(page).toEqual({ entries: [{ kind: 'event', seq: 1, atMs: event.publishedAtMs, event }], more: false });
      });

      test('stores an empty text', async () => {
        const event = await store('a', '');
        expect((await log.read('a', event.epoch, 1, 1)).entries).toMatchObject([{ event: { data: '' } }]);
      });

      test('stores the encoding of bytes', async () => {
        const position = await log.allocate('a');
        const event = {
          channel: 'a',
          ...position,
          type: 'message',
          data: 'AA==',
          encoding: 'base64' as const,
          publishedAtMs: clock.nowMs(),
        };
        await log.append(event, 'p1');
        expect((await log.read('a', event.epoch, 1, 1)).entries).toMatchObject([{ event }]);
        expect(await log.append(event, 'p1')).toEqual({ kind: 'stored', event });
      });

      test('of the same publication returns the stored event', async () => {
        const event = await store('a', 'first', 'p1');
        const again = { ...event, publishedAtMs: event.publishedAtMs + 5, data: 'other' };
        expect(await log.append(again, 'p1')).toEqual({ kind: 'stored', event });
      });

      test('of another publication reports that the seq is taken, and changes nothing', async () => {
        const event = await store('a', 'first', 'p1');
        expect(await log.append({ ...event, data: 'second' }, 'p2')).toEqual({ kind: 'taken' });
        expect((await log.read('a', event.epoch, 1, 1)).entries).toMatchObject([{ event: { data: 'first' } }]);
      });

      test('never fills a tombstoned seq', async () => {
        const position = await log.allocate('a');
        await log.tombstone('a', position, clock.nowMs());
        const event = { channel: 'a', ...position, type: 'message', data: 'late', publishedAtMs: clock.nowMs() };
        expect(await log.append(event, 'p1')).toEqual({ kind: 'taken' });
      });

      test('never writes over an expired event', async () => {
        const event = await store('a', 'old', 'p1');
        await clock.advance(RETENTION_MS);
        expect(await log.append({ ...event, publishedAtMs: clock.nowMs() }, 'p2')).toEqual({ kind: 'taken' });
      });
    });

    describe('read', () => {
      async function five(): Promise<string> {
        let epoch = '';
        for (let i = 1; i <= 5; i++) epoch = (await store('a', `e${i}`)).epoch;
        return epoch;
      }

      test('starts at fromSeq and ascends', async () => {
        expect(seqs(await log.read('a', await five(), 3, 10))).toEqual([3, 4, 5]);
      });

      test('returns at most limit entries and says whether there are more', async () => {
        const epoch = await five();
        expect(await log.read('a', epoch, 1, 2)).toMatchObject({ entries: [{ seq: 1 }, { seq: 2 }], more: true });
      });

      test('says at the end that there are no more', async () => {
        expect(await log.read('a', await five(), 4, 10)).toMatchObject({ entries: [{ seq: 4 }, { seq: 5 }], more: false });
      });

      test('ends at toSeq', async () => {
        const epoch = await five();
        expect(await log.read('a', epoch, 2, 10, 3)).toMatchObject({ entries: [{ seq: 2 }, { seq: 3 }], more: false });
        expect(await log.read('a', epoch, 4, 10, 3)).toEqual({ entries: [], more: false });
      });

      test('skips gaps', async () => {
        const { epoch } = await store('a', 'e1');
        await log.allocate('a');
        await store('a', 'e3');
        expect(seqs(await log.read('a', epoch, 1, 10))).toEqual([1, 3]);
        expect(seqs(await log.read('a', epoch, 2, 1))).toEqual([3]);
      });

      test('finds nothing past the end, in another epoch, or in another channel', async () => {
        const epoch = await five();
        const nothing = { entries: [], more: false };
        expect(await log.read('a', epoch, 6, 10)).toEqual(nothing);
        expect(await log.read('a', `${epoch}x`, 1, 10)).toEqual(nothing);
        expect(await log.read('b', epoch, 1, 10)).toEqual(nothing);
      });

      test('leaves out what has expired, to the second', async () => {
        const { epoch } = await store('a', 'old');
        await clock.advance(1000);
        await store('a', 'new');
        await clock.advance(RETENTION_MS - 1001);
        expect(seqs(await log.read('a', epoch, 1, 10))).toEqual([1, 2]);
        await clock.advance(1);
        expect(seqs(await log.read('a', epoch, 1, 10))).toEqual([2]);
      });

      test('continues past a page full of expired entries, and never reports more on an empty page', async () => {
        const epoch = await five();
        await clock.advance(RETENTION_MS);
        await store('a', 'e6');
        expect(seqs(await log.read('a', epoch, 1, 2))).toEqual([6]);
        expect(await log.read('a', epoch, 1, 2, 5)).toEqual({ entries: [], more: false });
      });

      test('returns pages that together contain everything once', async () => {
        const epoch = await five();
        const found: number[] = [];
        for (let from = 1, more = true; more; from = (found.at(-1) ?? 0) + 1) {
          const page = await log.read('a', epoch, from, 2);
          if (page.more) expect(page.entries.length).toBeGreaterThan(0);
          found.push(...seqs(page));
          more = page.more;
        }
        expect(found).toEqual([1, 2, 3, 4, 5]);
      });

      test('continues over data larger than one DynamoDB response', async () => {
        const data = 'x'.repeat(96 * 1024);
        let epoch = '';
        for (let i = 0; i < 12; i++) epoch = (await store('a', data, `p${i}`)).epoch;
        const found: number[] = [];
        for (let more = true; more; ) {
          const page = await log.read('a', epoch, (found.at(-1) ?? 0) + 1, 100);
          found.push(...seqs(page));
          more = page.more;
        }
        expect(found).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
      });
    });

    describe('readBack', () => {
      test('starts at fromSeq and descends, at most limit entries', async () => {
        const { epoch } = await store('a', 'e1');
        for (let i = 2; i <= 4; i++) await store('a', `e${i}`);
        expect(await log.readBack('a', epoch, 3, 2)).toMatchObject({ entries: [{ seq: 3 }, { seq: 2 }], more: true });
        expect(await log.readBack('a', epoch, 3, 10)).toMatchObject({ entries: [{ seq: 3 }, { seq: 2 }, { seq: 1 }], more: false });
      });

      test('leaves out what has expired', async () => {
        const { epoch } = await store('a', 'old');
        await clock.advance(RETENTION_MS);
        await store('a', 'new');
        expect(await log.readBack('a', epoch, 10, 10)).toMatchObject({ entries: [{ seq: 2 }], more: false });
      });
    });

    describe('tombstone', () => {
      test('writes a tombstone at a free seq', async () => {
        const position = await log.allocate('a');
        const atMs = clock.nowMs() - 500;
        const tombstone = { kind: 'tombstone', seq: 1, atMs };
        expect(await log.tombstone('a', position, atMs)).toEqual(tombstone);
        expect((await log.read('a', position.epoch, 1, 1)).entries).toEqual([tombstone]);
      });

      test('returns the event that was faster', async () => {
        const event = await store('a', 'fast');
        expect(await log.tombstone('a', event, clock.nowMs())).toMatchObject({ kind: 'event', event });
      });

      test('returns the tombstone that was faster', async () => {
        const position = await log.allocate('a');
        const first = await log.tombstone('a', position, clock.nowMs());
        expect(await log.tombstone('a', position, clock.nowMs() + 5)).toEqual(first);
      });

      test('never writes over an expired event', async () => {
        const event = await store('a', 'old');
        await clock.advance(RETENTION_MS);
        expect(await log.tombstone('a', event, clock.nowMs())).toMatchObject({ kind: 'event', event });
      });

      test('writes a tombstone that expires with its neighbors', async () => {
        const position = await log.allocate('a');
        await log.tombstone('a', position, clock.nowMs());
        await clock.advance(RETENTION_MS - 1);
        expect(seqs(await log.read('a', position.epoch, 1, 1))).toEqual([1]);
        await clock.advance(1);
        expect(seqs(await log.read('a', position.epoch, 1, 1))).toEqual([]);
      });

      test('races with append for one winner, on which both agree', async () => {
        const position = await log.allocate('a');
        const event = { channel: 'a', ...position, type: 'message', data: 'x', publishedAtMs: clock.nowMs() };
        const [tombstoned, appended] = await Promise.all([log.tombstone('a', position, clock.nowMs()), log.append(event, 'p1')]);
        expect(appended.kind === 'stored').toBe(tombstoned.kind === 'event');
      });
    });
  });

  claimsContract(name, create);
}
