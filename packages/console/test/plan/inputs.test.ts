import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { workloadOf } from '../../../planner/src/presets.ts';
import { InvalidWorkloadError, NUMBERS, type NumberId, PRESET_IDS, parseWorkload } from '../../../planner/src/workload.ts';
import { changeNumber, tiedTo } from '../../plan/change.ts';
import { placeOf, stopsOf } from '../../plan/stops.ts';

const NUMBER_IDS = Object.keys(NUMBERS) as readonly NumberId[];
const inputs = fc.record({ preset: fc.constantFrom(...PRESET_IDS), id: fc.constantFrom(...NUMBER_IDS) });

describe('the stops of a slider', () => {
  test('rise from the lowest value to the highest, and each is its own place', () => {
    fc.assert(
      fc.property(inputs, ({ preset, id }) => {
        const workload = workloadOf(preset);
        const stops = stopsOf(workload, id);
        expect(stops.at(0)).toBe(NUMBERS[id].min);
        expect(stops.at(-1)).toBe(['averageConnections', 'fanOut'].includes(id) ? workload.connections : NUMBERS[id].max);
        expect(stops).toEqual([...new Set(stops)].sort((a, b) => a - b));
        expect(stops.map((stop) => placeOf(stops, stop))).toEqual([...stops.keys()]);
        expect(stops).toContain(workload[id]);
      }),
    );
  });

  test('can all be taken, in any order', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PRESET_IDS), fc.array(fc.tuple(fc.constantFrom(...NUMBER_IDS), fc.nat(200))), (preset, moves) => {
        let workload = workloadOf(preset);
        for (const [id, place] of moves) {
          const stop = stopsOf(workload, id)[place];
          if (stop === undefined) continue;
          workload = changeNumber(workload, id, stop);
          expect(workload[id]).toBe(stop);
          expect(parseWorkload(workload)).toEqual(workload);
        }
      }),
    );
  });
});

describe('a changed number', () => {
  const chat = workloadOf('chat');

  test('takes along what the preset ties to it', () => {
    expect(changeNumber(chat, 'connections', 20_000)).toMatchObject({ averageConnections: 8_000, eventsPerSecond: 80, fanOut: 20 });
    expect(tiedTo(chat, 'connections')).toEqual(['Connections on average', 'Events']);
    expect(tiedTo(chat, 'eventBytes')).toEqual([]);
  });

  test('of the connections leaves no larger fan-out', () => {
    expect(changeNumber(chat, 'connections', 5).fanOut).toBe(5);
  });

  test('is refused where it is not valid', () => {
    expect(() => changeNumber(chat, 'fanOut', 20_000)).toThrow(/fanOut 20000 is not valid: use at most the 10000 connections/);
    expect(() => changeNumber(chat, 'eventBytes', Number.NaN)).toThrow(InvalidWorkloadError);
  });
});
