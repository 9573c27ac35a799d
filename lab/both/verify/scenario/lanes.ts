import { entrances, numbered, publishAll } from './publishing.ts';
import { Subscriber, withSubscribers } from './subscriber.ts';
import { check, type Step } from './world.ts';

const TRANSPORTS = ['sse', 'websocket', 'poll'] as const;

const PER_ENTRANCE = 10;

/** Every way in, every way out, at the same time. */
export const sameEventsOnBothLanes: Step = {
  name: 'events by every entrance reach every subscriber, in the same order, with the same ids',
  async run(world) {
    const channel = 'verify.lanes';
    const subscribers = TRANSPORTS.map((transport) => new Subscriber(world, transport, channel));
    const ways = entrances(world);
    return withSubscribers(subscribers, async () => {
      const published = await Promise.all(
        ways.map(async ({ name, publish }) => {
          const acknowledged: string[] = [];
          for (const data of numbered(name, PER_ENTRANCE)) {
            const id = await publish(channel, data, data.replaceAll(' ', '-'));
            if (id !== undefined) acknowledged.push(id);
          }
          return acknowledged;
        }),
      );
      const total = ways.length * PER_ENTRANCE;
      await Promise.all(subscribers.map((subscriber) => subscriber.count(total)));
      const [first] = subscribers;
      const ids = first?.ids ?? [];
      for (const [at, subscriber] of subscribers.entries()) {
        check(same(subscriber.ids, ids), `other ids over ${TRANSPORTS[at]} than over ${TRANSPORTS[0]}`);
      }
      check(new Set(ids).size === total, `${ids.length} events, of which ${new Set(ids).size} are different`);
      check(isAscending(ids), `not in the order of their seqs: ${ids.join(' ')}`);
      const lost = published.flat().filter((id) => !ids.includes(id));
      check(lost.length === 0, `acknowledged and not delivered: ${lost.join(' ')}`);
      const texts = new Set(first?.events.map(({ data }) => data));
      const missing = ways.flatMap(({ name }) => numbered(name, PER_ENTRANCE)).filter((data) => !texts.has(data));
      check(missing.length === 0, `published and not delivered: ${missing.join(', ')}`);
      for (const way of ways) way.close();
      return `${total} events by ${ways.map(({ name }) => name).join(', ')} to ${TRANSPORTS.join(', ')}: ${total * subscribers.length} deliveries`;
    });
  },
};

export const replay: Step = {
  name: 'a subscriber that comes back gets what it has missed',
  async run(world) {
    const channel = 'verify.replay';
    const [baseline, ...missed] = await publishAll(world, channel, numbered('replayed', 21));
    const subscribers = TRANSPORTS.map((transport) => new Subscriber(world, transport, channel, baseline));
    return withSubscribers(subscribers, async () => {
      await Promise.all(subscribers.map((subscriber) => subscriber.count(missed.length)));
      for (const [at, { ids }] of subscribers.entries()) check(same(ids, missed), `over ${TRANSPORTS[at]}: ${ids.join(' ')}`);
      return `${missed.length} events after ${baseline} over each of ${TRANSPORTS.join(', ')}`;
    });
  },
};

export const acrossLanes: Step = {
  name: 'a subscriber changes lanes in mid-stream and misses and repeats nothing',
  async run(world) {
    const channel = 'verify.across';
    const subscriber = new Subscriber(world, 'sse', channel);
    return withSubscribers([subscriber], async () => {
      const ids: string[] = [];
      const route = ['websocket', 'poll', 'websocket', 'sse'] as const;
      for (const transport of route) {
        ids.push(...(await publishAll(world, channel, numbered(`before ${transport}`, 5))));
        subscriber.use(transport);
        ids.push(...(await publishAll(world, channel, numbered(`during ${transport}`, 5))));
        await subscriber.count(ids.length);
      }
      check(same(subscriber.ids, ids), `published ${ids.join(' ')}, got ${subscriber.ids.join(' ')}`);
      return `${ids.length} events over sse, ${route.join(', ')}`;
    });
  },
};

export const onceByKey: Step = {
  name: 'a publication that is repeated with its key is published once for each principal',
  async run(world) {
    const channel = 'verify.once';
    const subscriber = new Subscriber(world, 'websocket', channel);
    const ways = entrances(world);
    return withSubscribers([subscriber], async () => {
      const ids = new Map<string, Set<string>>();
      for (const { scope, publish } of [...ways, ...ways]) {
        const known = ids.get(scope) ?? new Set();
        ids.set(scope, known);
        // EventBridge does not tell when the event is published, or as what.
        const id = await publish(channel, 'once', 'one-key');
        await subscriber.count(ids.size);
        if (id !== undefined) known.add(id);
      }
      const [after] = await publishAll(world, channel, ['after']);
      await subscriber.count(ids.size + 1);
      for (const [scope, known] of ids) check(known.size <= 1, `one key of ${scope}, several ids: ${[...known].join(' ')}`);
      check(subscriber.ids.at(-1) === after, `the last event is ${after}, got ${subscriber.ids.join(' ')}`);
      for (const way of ways) way.close();
      return `${ways.length * 2} publications with one key, of ${ids.size} principals: ${ids.size} events`;
    });
  },
};

const same = (some: readonly (string | undefined)[], others: readonly (string | undefined)[]): boolean =>
  some.join(' ') === others.join(' ');

function isAscending(ids: readonly string[]): boolean {
  const seqs = ids.map((id) => Number(id.split('.').at(-1)));
  return seqs.every((seq, at) => at === 0 || seq > (seqs[at - 1] ?? 0));
}
