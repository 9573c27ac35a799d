import { beforeEach, expect, test } from '@jest/globals';
import { Conversation, SeenIds } from '../../../console/lanes/conversation.ts';

let heard: string[];
let seen: SeenIds;
let conversation: Conversation;

function onNewSocket(): void {
  conversation = new Conversation(seen, {
    onRepeat: () => heard.push('repeat'),
    onResuming: () => heard.push('resuming'),
    onResumed: (after) => heard.push(`resumed after ${after}`),
    onMended: (after, found) => heard.push(`mended after ${after}: ${found}`),
  });
}

beforeEach(() => {
  heard = [];
  seen = new SeenIds();
  onNewSocket();
});

const subscribe = (requestId: string, after?: string) =>
  conversation.sent({ action: 'subscribe', channel: 'demo', requestId, ...(after !== undefined && { after }) });

const receive = (...seqs: number[]) => {
  for (const seq of seqs) {
    conversation.received({ kind: 'event', channel: 'demo', id: `e1.${seq}`, type: 'message', data: '', publishedAt: '' });
  }
};

const caughtUp = (requestId: string, seq: number) =>
  conversation.received({ kind: 'caughtUp', channel: 'demo', id: `e1.${seq}`, requestId });

test('of a first subscription there is nothing to tell', () => {
  subscribe('1');
  receive(1, 2, 3);
  expect(heard).toEqual([]);
});

test('an event that comes again is a repeat, on another socket too', () => {
  subscribe('1');
  receive(1, 1);
  onNewSocket();
  receive(1);
  expect(heard).toEqual(['repeat', 'repeat']);
});

test('the first question with a position on a socket is a resume, until it is answered in full', () => {
  subscribe('1', 'e1.4');
  receive(5);
  expect(heard).toEqual(['resuming']);
  caughtUp('1', 5);
  expect(heard).toEqual(['resuming', 'resumed after e1.4']);
});

test('a resume that is asked for again is still one resume', () => {
  subscribe('1', 'e1.4');
  subscribe('2', 'e1.4');
  caughtUp('2', 4);
  expect(heard.filter((news) => news.startsWith('resumed'))).toEqual(['resumed after e1.4']);
});

test('a question while an event waits for another mends the gap, and only what was missing is counted', () => {
  subscribe('1');
  receive(7);
  subscribe('2', 'e1.4');
  receive(5, 6, 8);
  caughtUp('2', 8);
  expect(heard).toEqual(['mended after e1.4: 2']);
});

test('a gap that nothing was in is mended with nothing', () => {
  subscribe('1');
  receive(6);
  subscribe('2', 'e1.4');
  caughtUp('2', 6);
  expect(heard).toEqual(['mended after e1.4: 0']);
});

test('a gap that the server knows nothing about yet is not mended', () => {
  subscribe('1');
  receive(6);
  subscribe('2', 'e1.4');
  caughtUp('2', 4);
  expect(heard).toEqual([]);
});

test('a question without a gap is a check', () => {
  subscribe('1');
  receive(5);
  subscribe('2', 'e1.5');
  receive(6);
  caughtUp('2', 6);
  expect(heard).toEqual([]);
});

test('the answer to another question ends nothing', () => {
  subscribe('1', 'e1.4');
  caughtUp('0', 4);
  expect(heard).toEqual(['resuming']);
});
