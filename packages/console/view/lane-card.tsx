import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Lane } from '../lanes/lane.ts';
import type { LaneState } from '../lanes/observer.ts';
import type { Pane } from '../model/pane.ts';
import { EventItem } from './event-item.tsx';
import { formatLatency } from './format.ts';
import type { Transport } from './lane-facts.ts';
import { LatestTable } from './latest-table.tsx';
import { NoticeItem, noticeText } from './notice-item.tsx';

export interface LaneCardProps {
  readonly lane: 'websocket' | 'sse';
  readonly title: string;
  readonly pane: Pane;
  /** Undefined if the lane is not deployed. */
  readonly control: Lane | undefined;
  readonly transport: Transport;
}

export function LaneCard({ lane, title, pane, control, transport }: LaneCardProps) {
  const headingId = `${lane}-heading`;
  const absent = pane.state.value.kind === 'absent';
  return (
    <section class={`card lane ${lane}`} aria-labelledby={headingId}>
      <header class="lane-head">
        <div>
          <h2 id={headingId}>{title}</h2>
          <StatePill state={pane.state.value} />
        </div>
        {!absent && <CutButton title={title} state={pane.state.value} control={control} />}
      </header>
      <Announcer title={title} pane={pane} />
      {absent ? (
        <p class="empty">
          <strong>This lane is not deployed here.</strong>
          The other lane works without it: each lane is a stack of its own.
        </p>
      ) : (
        <>
          <dl class="facts">
            <Fact name="Runs on" value={transport.runsOn} />
            <Fact name="Endpoint" value={transport.endpoint} />
            <Fact name="Protocol" value={transport.protocol} />
            <Fact name="Resumes" value={transport.resume(pane.lastId.value)} />
          </dl>
          <Counters pane={pane} />
          {pane.latest.value.size > 0 && <LatestTable title={title} latest={pane.latest.value} />}
          <EventList title={title} pane={pane} />
          <OlderEvents title={title} pane={pane} control={control} />
        </>
      )}
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={value}>{value}</dd>
    </div>
  );
}

function Counters({ pane }: { readonly pane: Pane }) {
  const { received, repeats, gaps, reconnects } = pane.counters.value;
  const medianMs = pane.medianLatencyMs.value;
  return (
    <dl class="counters">
      <Counter name="received" value={received.toLocaleString('en')} />
      <Counter name="median latency" value={medianMs === undefined ? '–' : formatLatency(medianMs)} />
      <Counter name="reconnects" value={String(reconnects)} />
      <Counter name="repeats dropped" value={String(repeats)} />
      <Counter name="gaps mended" value={String(gaps)} />
    </dl>
  );
}

function Counter({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function EventList({ title, pane }: { readonly title: string; readonly pane: Pane }) {
  const rows = pane.rows.value;
  if (rows.length === 0) {
    if (pane.latest.value.size > 0) return null;
    return (
      <p class="empty">
        <strong>No events yet.</strong>
        Publish one above. Or cut this lane, publish a few, and watch it catch up.
      </p>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section class="events" aria-label={`Events on the ${title}, newest first`} tabIndex={0}>
      <ol>
        {rows.map((row) =>
          row.kind === 'event' ? <EventItem key={row.key} row={row} /> : <NoticeItem key={row.key} notice={row.notice} />,
        )}
      </ol>
    </section>
  );
}

interface OlderEventsProps {
  readonly title: string;
  readonly pane: Pane;
  readonly control: Lane | undefined;
}

/** What is older than the rows: never shown, or removed because there were too many. */
function OlderEvents({ title, pane, control }: OlderEventsProps) {
  const isLoading = useSignal(false);
  if (!pane.hasOlder.value) return <p class="older">No older events are kept.</p>;
  const isOff = isLoading.value || pane.state.value.kind !== 'live';
  const load = async () => {
    isLoading.value = true;
    await control?.loadOlder(pane.oldestId);
    isLoading.value = false;
  };
  return (
    <p class="older">
      <button
        type="button"
        class="secondary"
        aria-disabled={isOff}
        aria-label={`Load older events on the ${title}`}
        onClick={() => (isOff ? undefined : void load())}
      >
        {isLoading.value ? 'Loading…' : 'Load older'}
      </button>
    </p>
  );
}

const STATE_NAMES: Readonly<Record<LaneState['kind'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  cut: 'Cut',
  lost: 'Reconnecting',
  ended: 'Stopped',
  absent: 'Not deployed',
};

function StatePill({ state }: { readonly state: LaneState }) {
  const untilMs = state.kind === 'cut' || state.kind === 'lost' ? state.untilMs : undefined;
  const seconds = useSecondsUntil(untilMs);
  return (
    <span class={`pill ${state.kind}`}>
      {STATE_NAMES[state.kind]}
      {seconds !== undefined && seconds > 0 && <span class="countdown">, back in {seconds} s</span>}
    </span>
  );
}

function useSecondsUntil(untilMs: number | undefined): number | undefined {
  const nowMs = useSignal(Date.now());
  useEffect(() => {
    if (untilMs === undefined) return;
    nowMs.value = Date.now();
    const timer = setInterval(() => {
      nowMs.value = Date.now();
    }, 250);
    return () => clearInterval(timer);
  }, [untilMs, nowMs]);
  return untilMs === undefined ? undefined : Math.ceil((untilMs - nowMs.value) / 1000);
}

interface CutButtonProps {
  readonly title: string;
  readonly state: LaneState;
  readonly control: Lane | undefined;
}

/** One button for both actions, so that the keyboard focus stays in place while the lane is away. */
function CutButton({ title, state, control }: CutButtonProps) {
  const waiting = state.kind === 'cut' || state.kind === 'lost';
  return (
    <button
      type="button"
      class="secondary cut"
      aria-disabled={!waiting && state.kind !== 'live'}
      aria-label={waiting ? `Resume the ${title} now` : `Cut the ${title}`}
      onClick={() => (waiting ? control?.resume() : control?.cut())}
    >
      {waiting ? 'Resume now' : 'Cut'}
    </button>
  );
}

/** Announces connection changes to screen readers; announcing events and countdowns would never stop. */
function Announcer({ title, pane }: { readonly title: string; readonly pane: Pane }) {
  const newest = pane.rows.value.find((row) => row.kind === 'notice');
  const state = STATE_NAMES[pane.state.value.kind];
  return (
    <p class="visually-hidden" role="status">
      {title}: {state}. {newest === undefined ? '' : noticeText(newest.notice)}
    </p>
  );
}
