import type { CloseReason, Sink } from '../../../fargate/sse/hub/sink.ts';
import type { Stream } from '../../../fargate/sse/hub/stream.ts';
import { textOfChunks } from '../../../test/fargate/sse/support/chunks.ts';
import type { Leg } from './scenario.ts';
import type { SimulatedTime, Simulation } from './simulation.ts';
import { NOTHING, writes } from './steps.ts';
import { hubTouch } from './touches.ts';

export interface Chunk {
  readonly text: string;
  readonly writtenAt: SimulatedTime;
}

export interface Client {
  readonly read: (chunk: Chunk) => void;
  /** The hub has ended the connection. */
  readonly closed: () => Promise<void>;
}

/** The way from the hub to the client: what was written and not taken yet is lost with the connection. */
export class Connection implements Sink {
  stream: Stream | undefined;
  readonly #name: string;
  readonly #leg: Leg;
  readonly #isSteady: boolean;
  readonly #simulation: Simulation;
  readonly #client: Client;
  readonly #unread: Chunk[] = [];
  #reading = false;
  #cut = false;

  constructor(name: string, leg: Leg, isSteady: boolean, simulation: Simulation, client: Client) {
    this.#name = name;
    this.#leg = leg;
    this.#isSteady = isSteady;
    this.#simulation = simulation;
    this.#client = client;
  }

  get bufferedBytes(): number {
    return this.#unread.reduce((bytes, { text }) => bytes + text.length, 0);
  }

  write(bytes: Buffer): void {
    this.#unread.push({ text: textOfChunks(bytes), writtenAt: this.#simulation.now });
    if (this.#reading) return;
    this.#reading = true;
    this.#simulation.spawn(() => this.#takeUnread());
  }

  close(reason: CloseReason): void {
    if (reason === 'failed') throw new Error(`the hub could not serve ${this.#name}`);
    this.#simulation.spawn(() => this.#client.closed());
  }

  cut(): void {
    this.#cut = true;
    this.stream?.detach();
  }

  async #takeUnread(): Promise<void> {
    const simulation = this.#simulation;
    const { hub, lagMs } = this.#leg;
    if (lagMs > 0) await simulation.sleep(lagMs, undefined, NOTHING);
    // What it has read decides something only if it is slow, or leaves.
    await simulation.step(`${this.#name} reads`, this.#isSteady ? [writes(this.#name)] : [hubTouch(hub), writes(this.#name)]);
    this.#reading = false;
    if (this.#cut) return;
    for (const chunk of this.#unread.splice(0)) {
      simulation.note(`${this.#name} reads ${JSON.stringify(chunk.text)}`);
      this.#client.read(chunk);
    }
    this.stream?.wake();
  }
}

/** A client that goes through its legs, and stays connected after the last. */
export async function goThroughLegs(
  name: string,
  legs: readonly Leg[],
  simulation: Simulation,
  { connect, leave }: { readonly connect: (leg: Leg) => void; readonly leave: () => void },
): Promise<void> {
  for (const [index, leg] of legs.entries()) {
    const own = [hubTouch(leg.hub), writes(name)];
    await simulation.step(`${name} connects`, own);
    connect(leg);
    for (let step = 1; step < leg.steps; step++) await simulation.step(`${name} stays`, NOTHING);
    const leaves = index < legs.length - 1;
    await simulation.step(`${name} stays`, leaves ? own : NOTHING);
    if (leaves) leave();
  }
}

export interface Frame {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
}

/** A frame of a stream, without the empty line behind it. */
export function parseFrame(text: string): Frame {
  const fields = text.split('\n').map((line) => line.split(/: ?(.*)/s, 2));
  const value = (field: string) => fields.findLast(([name]) => name === field)?.[1];
  return { id: value('id'), event: value('event'), data: value('data') };
}
