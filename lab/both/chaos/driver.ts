import { readEnvironment } from '../../../backbone/environment.ts';
import { readSettings } from '../../../backbone/settings.ts';
import type { Faults } from '../../../packages/assembly-local/faults.ts';
import type { Log } from '../../../packages/assembly-local/log.ts';
import { type LocalRun, startLocalRun } from '../../../packages/assembly-local/run.ts';
import type { AwsAccess } from './aws-access.ts';
import { check, type Verdict } from './checker.ts';
import { cleanUp, deadLetterKeys } from './clean-up.ts';
import { startEphemeral } from './ephemeral/run.ts';
import { actUntil } from './faults/active.ts';
import { passiveFaults } from './faults/passive.ts';
import { RATES } from './faults/rates.ts';
import { startLatest } from './latest/run.ts';
import { Ledger } from './ledger.ts';
import type { Leftovers } from './leftovers.ts';
import type { ChaosOptions } from './options.ts';
import { eventually, pause } from './pause.ts';
import { startPresence } from './presence/run.ts';
import { openPublishers } from './publishers/roster.ts';
import { createRandom } from './random.ts';
import { openSubscribers } from './subscribers/roster.ts';
import type { Subscriber } from './subscribers/subscriber.ts';
import { Tally } from './tally.ts';
import { CONNECTION_LIMITS, RETENTION_MS, SETTINGS } from './times.ts';
import { tokensOf } from './tokens.ts';

/** What a run has shown. */
export interface ChaosResult {
  readonly options: ChaosOptions;
  readonly ranMs: number;
  readonly published: number;
  readonly acknowledged: number;
  readonly verdict: Verdict;
  readonly latest: {
    readonly acknowledged: number;
    readonly deliveries: number;
    /** Keys that a reader does not have as the table has them, steps back, values that nobody published. */
    readonly violations: readonly string[];
  };
  readonly ephemeral: {
    readonly published: number;
    readonly answered: number;
    readonly deliveries: number;
    /** Events that nobody published, that came twice or out of order, or did not come when the faults were over. */
    readonly violations: readonly string[];
  };
  readonly presence: {
    /** Answers to who is present. */
    readonly looks: number;
    /** Members who had to be listed and were not, or the other way round. */
    readonly violations: readonly string[];
  };
  /** What went wrong with a client and shows in no journal. */
  readonly problems: readonly string[];
  readonly faults: Tally;
  readonly goneAnswers: number;
  /** What was there before the sweeps ran, and after. */
  readonly leftBeforeSweeps: Leftovers;
  readonly left: Leftovers;
  readonly deadLetters: number;
}

export interface DriverOptions extends ChaosOptions {
  readonly assemblyDir: string;
  /** Gets a file of what the roles were granted and used. @default none */
  readonly accessReportDir?: string | undefined;
  readonly log: Log;
  /** Told now and then how things stand. */
  readonly onProgress: (text: string) => void;
}

/** After this long without faults everybody has everything, or never will. */
const CALM_LIMIT_MS = 60_000;

/** Kept after everything has come, for what comes twice. */
const AFTERMATH_MS = 2_000;

/**
 * Of each function. A replay to a client that does not take its frames waits most of the time, and AWS would start
 * another instance for the next frame.
 */
const MAX_INSTANCES = 6;

const WARM_UP_LIMIT_MS = 60_000;

const PROGRESS_EVERY_MS = 1_000;

/** One run: start, faults and publishing, calm, judgement, cleaning up. Stops early, and then judges all the same, when the signal aborts. */
export async function runChaos(options: DriverOptions, signal: AbortSignal): Promise<ChaosResult> {
  const { seed, log, onProgress } = options;
  const startedAtMs = Date.now();
  const randomOf = (stream: string) => createRandom(seed, stream);
  const run = await startLocalRun({
    assemblyDir: options.assemblyDir,
    tasks: options.tasks,
    connectionLimits: CONNECTION_LIMITS,
    settings: SETTINGS,
    maxInstances: MAX_INSTANCES,
    accessReportDir: options.accessReportDir,
    log,
  });
  try {
    const access: AwsAccess = { endpoint: run.urls.endpoint, region: 'us-east-1' };
    const ledger = new Ledger();
    const tally = new Tally();
    const problems: string[] = [];
    const channels = Array.from({ length: options.channels }, (_, index) => `chaos.${index + 1}`);
    const onProblem = (text: string) => problems.push(text);
    const kinds = { randomOf, tokensOf: (subject: string) => tokensOf(run, subject, randomOf(`token/${subject}`), tally) };
    const latest = startLatest({ url: run.urls.http, ...kinds });
    const ephemeral = startEphemeral({ run, access, ...kinds });
    const presence = startPresence({ run, ...kinds });
    setFaults(run, { notification: ephemeral.watch() });
    const subscribers = openSubscribers({
      count: options.subscribers,
      channels,
      urls: run.urls,
      randomOf,
      tokensOf: (subject, random) => tokensOf(run, subject, random, tally),
      retentionMs: RETENTION_MS,
      onProblem,
      beside: (name, connection) => {
        latest.follow(name, connection);
        ephemeral.follow(name, connection);
      },
    });
    const journals = subscribers.flatMap((subscriber) => subscriber.journals);
    const reporting = setInterval(() => onProgress(progress(startedAtMs, ledger, subscribers, tally, run)), PROGRESS_EVERY_MS);
    const publishers = openPublishers({ count: options.publishers, channels, run, access, ledger, tally, randomOf });

    // Functions start with their first use; what is to be seen is how faults are borne, not how a laptop warms up.
    await eventually(() => journals.every(({ isStarted }) => isStarted) || signal.aborted, WARM_UP_LIMIT_MS);
    const faults = passiveFaults({ rates: RATES, tally, randomOf });
    setFaults(run, { ...faults, notification: ephemeral.watch(faults.notification) });
    const faultsOver = new AbortController();
    const acting = actUntil({ run, rates: RATES, tally, randomOf }, faultsOver.signal);
    const publishingOver = new AbortController();
    const publishing = [...publishers, latest.write, ephemeral.publish].map((publish) => publish(publishingOver.signal));
    await publishTime(options, ledger, signal);
    publishingOver.abort();
    faultsOver.abort();
    await acting;
    setFaults(run, { notification: ephemeral.watch() });
    for (const subscriber of subscribers) subscriber.calm();
    ephemeral.calm();
    presence.calm();
    await Promise.all(publishing);

    const judge = () =>
      check(ledger, journals, { resumableForMs: resumableForMs(run), keysLastMs: RETENTION_MS, deadLetters: deadLetterKeys(run, ledger) });
    let [ofLatest, ofEphemeral, ofPresence]: [readonly string[], readonly string[], readonly string[]] = [[], [], []];
    const isComplete = async () => {
      [ofLatest, ofEphemeral, ofPresence] = await Promise.all([latest.judge(), ephemeral.judge(), presence.judge()]);
      return [...ofLatest, ...ofEphemeral, ...ofPresence].length === 0 && judge().violations.every(({ kind }) => kind !== 'lost');
    };
    await eventually(isComplete, CALM_LIMIT_MS, 1_000);
    await pause(AFTERMATH_MS, signal);
    const verdict = judge();
    await Promise.all([...subscribers.map((subscriber) => subscriber.stop()), latest.stop(), ephemeral.stop(), presence.stop()]);
    clearInterval(reporting);
    const { before, after } = await cleanUp(run, access, channels);
    return {
      options,
      ranMs: Date.now() - startedAtMs,
      published: ledger.publications.length,
      acknowledged: ledger.acknowledged,
      verdict,
      latest: { acknowledged: latest.acknowledged, deliveries: latest.deliveries, violations: ofLatest },
      ephemeral: {
        published: ephemeral.published,
        answered: ephemeral.answered,
        deliveries: ephemeral.deliveries,
        violations: ofEphemeral,
      },
      presence: { looks: presence.looks, violations: ofPresence },
      problems,
      faults: tally,
      goneAnswers: run.gateways.reduce((sum, gateway) => sum + gateway.goneAnswers, 0),
      leftBeforeSweeps: before,
      left: after,
      deadLetters: deadLetterKeys(run, ledger).size,
    };
  } finally {
    await run.close();
  }
}

/** The service does not resume where its proofs end: two grace periods before the end of the retention. */
function resumableForMs(run: LocalRun): number {
  const graceMs = Math.max(0, ...run.services.map((service) => readEnvironment(readSettings, service.options.env('', 0)).gapGraceMs));
  return RETENTION_MS - 2 * graceMs;
}

/** Every member of the run's faults: those that are not given are over. */
function setFaults(run: LocalRun, faults: Faults): void {
  const { notification, postOutcome, database, loseDisconnect, loseTaskEvent } = faults;
  Object.assign(run.faults, { notification, postOutcome, database, loseDisconnect, loseTaskEvent });
}

async function publishTime({ seconds, events }: ChaosOptions, ledger: Ledger, signal: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + seconds * 1_000;
  while (Date.now() < deadlineMs && (events === undefined || ledger.acknowledged < events)) {
    if (!(await pause(Math.min(100, deadlineMs - Date.now()), signal))) return;
  }
}

/** While nothing is published yet, who is still to get its first answer. */
function warmingUp(subscribers: readonly Subscriber[]): string {
  const waiting = subscribers.filter(({ journals }) => !journals.every(({ isStarted }) => isStarted)).map(({ name }) => name);
  return `warming up: ${waiting.length} of ${subscribers.length} subscribers have not started: ${waiting.slice(0, 5).join(', ')}`;
}

function progress(startedAtMs: number, ledger: Ledger, subscribers: readonly Subscriber[], tally: Tally, run: LocalRun): string {
  const delivered = subscribers.flatMap(({ journals }) => journals).reduce((sum, journal) => sum + journal.deliveries, 0);
  if (ledger.publications.length === 0) return warmingUp(subscribers);
  return [
    `${Math.round((Date.now() - startedAtMs) / 1_000)} s`,
    `${ledger.acknowledged}/${ledger.publications.length} events acknowledged`,
    `${delivered} delivered`,
    `${run.services.reduce((sum, service) => sum + service.tasks.length, 0)} tasks, ${tally.get('task.killed') + tally.get('task.rolled')} killed or rolled`,
    `${tally.sum('cut.')} cuts`,
    `${tally.sum('post.')} posts refused`,
    `${tally.sum('notification.')}/${tally.get('notifications')} notifications tampered with`,
  ].join(', ');
}
