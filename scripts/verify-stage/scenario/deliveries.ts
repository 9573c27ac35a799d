import type { Transport } from '../../../packages/client/src/index.ts';
import { numbered, publishAll, withEntrances } from './entrances.ts';
import { check, type Step } from './step.ts';
import { Subscriber, withSubscribers } from './subscriber.ts';
import { channelOf, needsClients, type Target, transportsOf } from './target.ts';

const PER_ENTRANCE = 10;

/** Every way in, every way out, at the same time. */
export const sameEventsEverywhere: Step = {
  name: 'events by every entrance reach every subscriber, in the same order, with the same ids',
  obstacle: needsClients,
  async run(target) {
    const channel = channelOf(target, 'lanes');
    const transports = transportsOf(target);
    const subscribers = subscribersOf(target, channel);
    return withEntrances(target, (entrances) =>
      withSubscribers(subscribers, async () => {
        const published = await Promise.all(
          entrances.map(async ({ name, publish }) => {
            const acknowledged: string[] = [];
            for (const data of numbered(name, PER_ENTRANCE)) {
              const id = await publish(channel, data, data.replaceAll(' ', '-'));
              if (id !== undefined) acknowledged.push(id);
            }
            return acknowledged;
          }),
        );
        const total = entrances.length * PER_ENTRANCE;
        await Promise.all(subscribers.map((subscriber) => subscriber.count(total)));
        const [first] = subscribers;
        const ids = first?.ids ?? [];
        for (const [at, subscriber] of subscribers.entries()) {
          check(same(subscriber.ids, ids), `other ids over ${transports[at]} than over ${transports[0]}`);
        }
        check(new Set(ids).size === total, `${ids.length} events, of which ${new Set(ids).size} are different`);
        check(isAscending(ids), `not in the order of their seqs: ${ids.join(' ')}`);
        const lost = published.flat().filter((id) => !ids.includes(id));
        check(lost.length === 0, `acknowledged and not delivered: ${lost.join(' ')}`);
        const texts = new Set(first?.events.map(({ data }) => data));
        const missing = entrances.flatMap(({ name }) => numbered(name, PER_ENTRANCE)).filter((data) => !texts.has(data));
        check(missing.length === 0, `published and not delivered: ${missing.join(', ')}`);
        const ways = entrances.map(({ name }) => name).join(', ');
        return `${total} events by ${ways} to ${transports.join(', ')}: ${total * subscribers.length} deliveries`;
      }),
    );
  },
};

export const replay: Step = {
  name: 'a subscriber that comes back gets what it has missed',
  obstacle: needsClients,
  async run(target) {
    const channel = channelOf(target, 'replay');
    const transports = transportsOf(target);
    const [baseline, ...missed] = await publishAll(target, channel, numbered('replayed', 21));
    const subscribers = subscribersOf(target, channel, baseline);
    return withSubscribers(subscribers, async () => {
      await Promise.all(subscribers.map((subscriber) => subscriber.count(missed.length)));
      for (const [at, { ids }] of subscribers.entries()) check(same(ids, missed), `over ${transports[at]}: ${ids.join(' ')}`);
      return `${missed.length} events after ${baseline} over each of ${transports.join(', ')}`;
    });
  },
};

export const change: Step = {
  name: 'a subscriber changes its transport in mid-stream and misses and repeats nothing',
  obstacle: (target) => (transportsOf(target).length === 1 ? `there is one transport: ${transportsOf(target)}` : needsClients(target)),
  async run(target) {
    const channel = channelOf(target, 'across');
    const [first = 'auto', ...others] = transportsOf(target);
    const route: readonly Transport[] = [...others, first, ...others.toReversed(), first];
    const subscriber = new Subscriber(target, first, channel);
    return withSubscribers([subscriber], async () => {
      const ids: string[] = [];
      for (const transport of route) {
        ids.push(...(await publishAll(target, channel, numbered(`before ${transport}`, 5))));
        subscriber.use(transport);
        ids.push(...(await publishAll(target, channel, numbered(`during ${transport}`, 5))));
        await subscriber.count(ids.length);
      }
      check(same(subscriber.ids, ids), `published ${ids.join(' ')}, got ${subscriber.ids.join(' ')}`);
      return `${ids.length} events over ${[first, ...route].join(', ')}`;
    });
  },
};

export const onceByKey: Step = {
  name: 'a publication that is repeated with its key is published once for each principal',
  obstacle: needsClients,
  async run(target) {
    const channel = channelOf(target, 'once');
    const subscriber = new Subscriber(target, transportsOf(target).at(-1) ?? 'auto', channel);
    return withEntrances(target, (entrances) =>
      withSubscribers([subscriber], async () => {
        const ids = new Map<string, Set<string>>();
        for (const { scope, publish } of [...entrances, ...entrances]) {
          const known = ids.get(scope) ?? new Set();
          ids.set(scope, known);
          // EventBridge does not tell when the event is published, or as what.
          const id = await publish(channel, 'once', 'one-key');
          await subscriber.count(ids.size);
          if (id !== undefined) known.add(id);
        }
        const [after] = await publishAll(target, channel, ['after']);
        await subscriber.count(ids.size + 1);
        for (const [scope, known] of ids) check(known.size <= 1, `one key of ${scope}, several ids: ${[...known].join(' ')}`);
        check(subscriber.ids.at(-1) === after, `the last event is ${after}, got ${subscriber.ids.join(' ')}`);
        return `${entrances.length * 2} publications with one key, of ${ids.size} principals: ${ids.size} events`;
      }),
    );
  },
};

export const publishFunction: Step = {
  name: 'the publish function gives each event an id, in order, and the same id to the same key',
  obstacle: ({ backends }) => (backends.length === 0 ? 'it cannot be called there' : undefined),
  async run(target) {
    const channel = channelOf(target, 'function');
    const [invoke] = target.backends;
    const texts = numbered('by the function', 5);
    const publish = async (data: string) => (await invoke?.publish(channel, data, data.replaceAll(' ', '-'))) ?? '';
    const ids: string[] = [];
    for (const data of texts) ids.push(await publish(data));
    check(isAscending(ids) && new Set(ids).size === texts.length, `not ids in order: ${ids.join(' ')}`);
    const again = await publish(texts[0] ?? '');
    check(again === ids[0], `published again with its key: ${again}, at first ${ids[0]}`);
    return `${ids.length} events, ${ids[0]} to ${ids.at(-1)}`;
  },
};

/** One over each transport. */
function subscribersOf(target: Target, channel: string, after?: string): readonly Subscriber[] {
  return transportsOf(target).map((transport) => new Subscriber(target, transport, channel, after));
}

const same = (some: readonly (string | undefined)[], others: readonly (string | undefined)[]): boolean =>
  some.join(' ') === others.join(' ');

function isAscending(ids: readonly string[]): boolean {
  const seqs = ids.map((id) => Number(id.split('.').at(-1)));
  return seqs.every((seq, at) => at === 0 || seq > (seqs[at - 1] ?? 0));
}
