import type { ConsoleModel } from '../model/console.ts';
import { ChannelForm } from './channel-form.tsx';
import { LaneCard } from './lane-card.tsx';
import { describeTransport } from './lane-facts.ts';
import { PublishForm } from './publish-form.tsx';
import { SignInEnded } from './sign-in-ended.tsx';

export interface AppProps {
  readonly model: ConsoleModel;
  /** The user signs in again, after the sign-in has ended. */
  readonly onSignIn: () => void;
}

export function App({ model, onSignIn }: AppProps) {
  const current = model.session.value;
  const { websocket } = model.config;
  return (
    <>
      <header class="masthead">
        <div class="brand">
          <h1>
            <LanesMark /> realtime-lanes
          </h1>
          <p>
            {websocket === undefined
              ? 'One publish, and the event arrives over Server-Sent Events, with the same id for everybody.'
              : 'One publish, two lanes: each event arrives over a WebSocket and over Server-Sent Events, with the same id.'}{' '}
            <a href="plan.html">What will it cost?</a>
          </p>
        </div>
        <ChannelForm channel={current.channel} onOpen={model.open} />
      </header>
      <main>
        {model.identity !== undefined && <SignInEnded identity={model.identity} onSignIn={onSignIn} />}
        <PublishForm key={`publish ${current.channel}`} session={current} />
        <div class="lanes" key={current.channel}>
          {websocket !== undefined && (
            <LaneCard
              lane="websocket"
              title="WebSocket lane"
              pane={current.websocketPane}
              control={current.websocketLane}
              transport={describeTransport.websocket(websocket)}
            />
          )}
          <LaneCard
            lane="sse"
            title="SSE lane"
            pane={current.ssePane}
            control={current.sseLane}
            transport={describeTransport.sse(current.channel)}
          />
        </div>
      </main>
      <footer>
        Latency runs from <code>publishedAt</code>, the server's clock, to arrival, this device's clock. An SSE event does not carry its
        time; it is looked up by id from {websocket !== undefined && 'the other lane or from '}the answer to the publication.
      </footer>
    </>
  );
}

function LanesMark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke-width="3.5" stroke-linecap="round">
      <path class="mark-websocket" d="M4 16h6c4 0 4-7 8-7h10" />
      <path class="mark-sse" d="M4 16h6c4 0 4 7 8 7h10" />
      <circle class="mark-source" cx="5" cy="16" r="3" />
    </svg>
  );
}
