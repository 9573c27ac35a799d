import type { LaneNotice, LaneObserver, LaneState, ReceivedEvent } from '../../lanes/observer.ts';

/** Records what a lane reports. */
export class RecordingObserver implements LaneObserver {
  readonly states: LaneState[] = [];
  readonly events: ReceivedEvent[] = [];
  readonly replayed: string[] = [];
  readonly notices: LaneNotice[] = [];
  readonly older: (readonly string[])[] = [];
  repeats = 0;

  get ids(): readonly string[] {
    return this.events.map(({ id }) => id);
  }

  onState(state: LaneState): void {
    this.states.push(state);
  }

  onEvent(event: ReceivedEvent, arrival: 'live' | 'replayed'): void {
    this.events.push(event);
    if (arrival === 'replayed') this.replayed.push(event.id);
  }

  onLatest(): void {}

  onOlder(events: readonly ReceivedEvent[]): void {
    this.older.push(events.map(({ data }) => data));
  }

  onRepeat(): void {
    this.repeats++;
  }

  onNotice(notice: LaneNotice): void {
    this.notices.push(notice);
  }
}
