import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { ClientFrame, ServerFrame } from '../../../packages/protocol/index.ts';
import { openLaneSocket, sendFrame } from '../../load/websocket-lane.ts';
import type { LaneRun } from './lane-run.ts';

/** A connection of the WebSocket lane, and a way to wait for frames. */
export class LaneSocket {
  readonly #socket: WebSocket;
  readonly #listeners = new Set<(frame: ServerFrame) => void>();
  /** Messages so far: each has cost a post. */
  messages = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (bytes) => {
      this.messages++;
      if (this.#listeners.size === 0) return;
      const frame = JSON.parse(bytes.toString()) as ServerFrame;
      for (const listener of this.#listeners) listener(frame);
    });
  }

  static async open({ url, tokenFor }: LaneRun, subject: string): Promise<LaneSocket> {
    const socket = openLaneSocket({ url, token: await tokenFor(subject), channel: '', insecure: true });
    await once(socket, 'open');
    return new LaneSocket(socket);
  }

  send(frame: ClientFrame): void {
    sendFrame(this.#socket, frame);
  }

  /** Resolves with what a listener makes of a frame, at the first of which it makes something; rejects when the time is up. */
  first<T>(patienceMs: number, read: (frame: ServerFrame) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const listener = (frame: ServerFrame) => {
        const found = read(frame);
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`no such frame within ${patienceMs} ms`));
      }, patienceMs);
      const end = () => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
      };
      this.#listeners.add(listener);
    });
  }

  close(): void {
    this.#socket.terminate();
  }
}

const PUBLISH_PATIENCE_MS = 20_000;

/** Keeps each user below its limit: a publication beyond it is not always answered. */
const PUBLISH_PAUSE_MS = 200;

/** Publishes history by several connections, each of a user of its own; answers the id of the newest event. */
export async function publishHistory(publishers: readonly LaneSocket[], channel: string, events: number): Promise<string> {
  let left = events;
  const ids = await Promise.all(
    publishers.map(async (publisher, index) => {
      let newest = '';
      for (let sent = 0; left > 0; sent++) {
        left--;
        const requestId = `${channel}.${index}.${sent}`;
        const answered = publisher.first(PUBLISH_PATIENCE_MS, (frame) =>
          'requestId' in frame && frame.requestId === requestId ? frame : undefined,
        );
        publisher.send({ action: 'publish', channel, data: `${sent}`, requestId });
        const answer = await answered;
        if (answer.kind === 'published') newest = answer.id;
        // Refused: one more has to be published.
        else left++;
        await sleep(PUBLISH_PAUSE_MS);
      }
      return newest;
    }),
  );
  const seqOf = (id: string) => Number(id.split('.')[1]);
  return ids.filter((id) => id !== '').toSorted((a, b) => seqOf(b) - seqOf(a))[0] ?? '';
}
