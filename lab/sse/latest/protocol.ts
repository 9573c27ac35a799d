/** What the bench and its task tell each other. */

/** The argument of the task: what it publishes to itself. */
export interface LatestLoad {
  readonly keys: number;
  /** Updates of each key. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Characters of data. */
  readonly chars: number;
}

export interface TaskReady {
  readonly port: number;
}

/** Sent when everything was published. */
export interface TaskResult {
  readonly published: number;
  /** Versions written to streams. */
  readonly delivered: number;
  readonly peakResidentBytes: number;
  /** Processor time per second, of one core. */
  readonly cpuShare: number;
  /** The state that every reader has to end with. */
  readonly state: string;
}

export const CHANNEL = 'latest.bench';
