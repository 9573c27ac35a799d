import type { Connection } from '../../../../packages/client/src/index.ts';
import type { Journal } from '../journal.ts';
import type { Random } from '../random.ts';
import type { NewToken } from '../tokens.ts';

/** Where subscribers connect. */
export interface Urls {
  readonly http: string;
  readonly https: string;
  readonly websocket: string;
}

/** One client of the service, behaving in its own way until it is stopped. */
export interface Subscriber {
  readonly name: string;
  readonly journals: readonly Journal[];
  /** No more leaving and switching: comes back if it is away, and stays. */
  calm(): void;
  /** Leaves for good. Resolves when nothing of it is open. */
  stop(): Promise<void>;
}

export interface SubscriberOptions {
  readonly name: string;
  readonly channels: readonly string[];
  readonly urls: Urls;
  readonly random: Random;
  readonly newToken: NewToken;
  /** Gets each connection of the client library, to read channels of other kinds on it too. @default none */
  readonly beside?: ((connection: Connection) => void) | undefined;
  /** Told of what must not happen and shows in no journal. */
  readonly onProblem: (text: string) => void;
}
