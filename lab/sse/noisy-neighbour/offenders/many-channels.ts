import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_CHANNELS } from '../../../../packages/protocol/channel.ts';
import { startReader } from '../reader.ts';
import { type Attack, isOneUser, type OffenderKind, Tally, userOf } from './offender.ts';

/** A user has 100 streams in production. */
const STREAMS = { oneUser: 100, many: 200 };

const EVENT = { text: 'x', times: 65_536 };

/** What the channels get at first, one round after the other: what publishers cause in minutes, in seconds. */
const FIRST_ROUNDS = 4;
const CHANNELS_AT_ONCE = 16;

/** After that: one after the other, as long as it lasts. */
const LATER_PER_SECOND = 100;

const streamsOf = (attack: Attack) => (isOneUser(attack) ? STREAMS.oneUser : STREAMS.many);

const channelsOf = (stream: number) => Array.from({ length: MAX_CHANNELS }, (_, n) => `noise.fresh.${stream}.${n}`);

/** Finding 1.5: streams over as many channels as they may have, each of its own, and events in all of them. */
export const manyChannels: OffenderKind = {
  finding: '1.5',
  title: 'streams over 32 channels each, with events',
  start: (attack) => {
    const tally = new Tally();
    const readers = Array.from({ length: streamsOf(attack) }, (_, stream) => {
      const reader = startReader({
        service: userOf(attack, stream),
        channels: channelsOf(stream),
        onEvent: () => undefined,
      });
      reader.opened.then(
        () => tally.add('200'),
        (error: Error) => tally.add(/answered (\d+)/.exec(error.message)?.[1] ?? 'cut'),
      );
      return reader;
    });
    return {
      outcomes: () => tally.read(),
      stop: async () => {
        for (const reader of readers) reader.close();
      },
    };
  },
  async press(task, attack, signal) {
    const channels = Array.from({ length: streamsOf(attack) }, (_, stream) => channelsOf(stream)).flat();
    for (let round = 0; round < FIRST_ROUNDS; round++) {
      for (let index = 0; index < channels.length && !signal.aborted; index += CHANNELS_AT_ONCE) {
        await task.call('publish', { channels: channels.slice(index, index + CHANNELS_AT_ONCE), ...EVENT });
      }
    }
    void goOn();

    async function goOn(): Promise<void> {
      for (let index = 0; !signal.aborted; index++) {
        await task.call('publish', { channels: [channels[index % channels.length] ?? ''], ...EVENT }).catch(() => undefined);
        await sleep(1_000 / LATER_PER_SECOND);
      }
    }
  },
};
