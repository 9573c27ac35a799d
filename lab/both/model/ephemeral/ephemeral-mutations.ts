import { EphemeralFeed } from '../../../../fargate/sse/hub/ephemeral/ephemeral-feed.ts';
import { Hub } from '../../../../fargate/sse/hub/hub.ts';

/** A rule of ephemeral channels, broken from outside production code, as in `../mutations.ts`. */
export interface EphemeralMutation {
  readonly name: string;
  /** The rule that it breaks. */
  readonly breaks: string;
  readonly install: () => () => void;
}

export const EPHEMERAL_MUTATIONS: readonly EphemeralMutation[] = [
  {
    name: 'take-what-is-not-newer',
    breaks: 'a task drops what is not newer than what it has of that publisher',
    install: () => {
      const { takes } = EphemeralFeed.prototype;
      EphemeralFeed.prototype.takes = () => true;
      return () => Object.assign(EphemeralFeed.prototype, { takes });
    },
  },
  {
    name: 'wait-for-an-ephemeral-event',
    breaks: 'nothing waits for an ephemeral event',
    install: () => {
      const { offer } = Hub.prototype;
      Hub.prototype.offer = async function (event) {
        await offer.call(this, event);
      };
      return () => Object.assign(Hub.prototype, { offer });
    },
  },
  {
    name: 'deliver-what-is-late',
    breaks: 'an event that is too old is dropped',
    install: () => {
      const { offer } = Hub.prototype;
      Hub.prototype.offer = function (event) {
        return offer.call(this, { ...event, publishedAtMs: Number.MAX_SAFE_INTEGER });
      };
      return () => Object.assign(Hub.prototype, { offer });
    },
  },
];
