import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { channelProblem } from '../channel.ts';
import type { ConsoleConfig } from '../config.ts';
import { Session } from '../model/session.ts';
import { ChannelForm } from './channel-form.tsx';
import { LaneCard } from './lane-card.tsx';
import { describeTransport } from './lane-facts.ts';
import { PublishForm } from './publish-form.tsx';

const DEFAULT_CHANNEL = 'demo';

export function App({ config }: { readonly config: ConsoleConfig }) {
  const types = useSignal(new Set<string>()).value;
  const session = useSignal(useInitialSession(config, types));
  useEffect(() => () => session.peek().close(), [session]);

  function open(channel: string): void {
    if (channel === session.peek().channel) return;
    session.peek().close();
    session.value = new Session(channel, config, types);
    const address = new URL(location.href);
    address.searchParams.set('channel', channel);
    history.replaceState(null, '', address);
  }

  const current = session.value;
  return (
    <>
      <header class="masthead">
        <div class="brand">
          <h1>
            <LanesMark /> realtime-lanes
          </h1>
          <p>One publish, two lanes: each event arrives over a WebSocket and over Server-Sent Events, with the same id.</p>
        </div>
        <ChannelForm channel={current.channel} onOpen={open} />
      </header>
      <main>
        <PublishForm key={`publish ${current.channel}`} session={current} />
        <div class="lanes" key={current.channel}>
          <LaneCard
            lane="websocket"
            title="WebSocket lane"
            subtitle="API Gateway, Lambda"
            pane={current.websocketPane}
            control={current.websocketLane}
            transport={describeTransport.websocket(config.websocket)}
          />
          <LaneCard
            lane="sse"
            title="SSE lane"
            subtitle="Load balancer, Fargate"
            pane={current.ssePane}
            control={current.sseLane}
            transport={describeTransport.sse(current.channel)}
          />
        </div>
      </main>
      <footer>
        Latency runs from <code>publishedAt</code>, the server's clock, to arrival, this device's clock. An SSE event does not carry its
        time; it is looked up by id from the other lane or from the answer to the publication.
      </footer>
    </>
  );
}

/** The session of the channel that the address names; made once. */
function useInitialSession(config: ConsoleConfig, types: Set<string>): Session {
  const initial = useComputed(() => {
    const named = new URL(location.href).searchParams.get('channel') ?? DEFAULT_CHANNEL;
    return new Session(channelProblem(named) === undefined ? named : DEFAULT_CHANNEL, config, types);
  });
  return initial.value;
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
