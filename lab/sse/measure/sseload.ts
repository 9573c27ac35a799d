import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { STREAMS_PER_PROCESS } from '../../shared/machine.ts';
import { buildC } from '../../shared/peers/c-program.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { CpuWatch } from './cpu-watch.ts';
import type { Delivering, Load, LoadClient, Measurement, Workload } from './workload.ts';

/** Between reads, so that the server does not pay for waking the client with every write, as it does not with remote clients. */
const NAP_US = 1_000;

/** For the heap to come to rest before memory is read. */
const SETTLE_SECONDS = { idle: 3, loaded: 0.5 };

const WARM_UP_EVENTS = 10;

const TIMEOUT_SECONDS = 180;

const RESULT = v.object({
  subs: v.number(),
  connect_per_s: v.number(),
  cpu_us_per_connect: v.number(),
  bytes_per_sub: v.number(),
  slab_bytes_per_conn: v.number(),
  errors: v.number(),
  closed: v.number(),
});

const DELIVERED = v.object({
  events: v.number(),
  msgs: v.number(),
  verified: v.boolean(),
  secs: v.number(),
  msgs_per_s: v.number(),
  cpu_us_per_msg: v.number(),
  server_cores: v.number(),
  p50_ms: v.number(),
  p99_ms: v.number(),
  p999_ms: v.number(),
  max_ms: v.number(),
});

/**
 * The load client in C, `lab/sse/peers/sseload.c`.
 * @throws BuildError where there is no compiler
 */
export async function createSseload(): Promise<LoadClient> {
  const program = await buildC(join(import.meta.dirname, '../peers/sseload.c'), [], 'install gcc (Debian: apt-get install gcc libc6-dev)');
  return {
    name: 'sseload (C, epoll)',
    measure: (peer, server, workload, signal) => measure(program, sseloadArguments(peer, server, workload), workload, signal),
  };
}

/** The options of `sseload`; its header explains them. */
export function sseloadArguments(peer: Peer, server: RunningPeer, { streams, dataBytes, load }: Workload): readonly string[] {
  const settle = load.kind === 'idle' ? SETTLE_SECONDS.idle : SETTLE_SECONDS.loaded;
  return [
    ...['-p', String(server.port), '-u', server.subscribePath, '-P', String(server.publishPort), '-U', peer.publishPath],
    ...['-m', peer.protocol === 'websocket' ? 'ws' : 'h1', '-c', String(streams), '-s', String(dataBytes)],
    ...['-w', String(Math.ceil(streams / STREAMS_PER_PROCESS)), '-i', server.pids.join(','), '-z', String(NAP_US)],
    ...['-g', String(settle), '-x', String(WARM_UP_EVENTS), '-T', String(TIMEOUT_SECONDS), ...loadArguments(load)],
  ];
}

function loadArguments(load: Load): readonly string[] {
  switch (load.kind) {
    case 'idle':
      return ['-l'];
    case 'window':
      return ['-W', String(load.inFlight), '-k', String(load.burst), '-e', String(load.events)];
    case 'rate':
      return ['-r', String(load.perSecond), '-e', String(load.events)];
  }
}

async function measure(program: string, args: readonly string[], workload: Workload, signal: AbortSignal): Promise<Measurement> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const kill = () => child.kill();
  signal.addEventListener('abort', kill, { once: true });
  const watch = new CpuWatch(child.pid ?? 0);
  try {
    const stderr = text(child.stderr);
    let endMs = performance.now();
    // The line comes when the measurement is over, before the sockets are closed.
    child.stdout.once('data', () => {
      endMs = performance.now();
    });
    const line = await text(child.stdout);
    await exited;
    return toMeasurement(line, (await stderr).trim(), workload, (seconds) => watch.busiestShare(endMs - seconds * 1_000, endMs));
  } finally {
    signal.removeEventListener('abort', kill);
    await watch.stop();
  }
}

/** @param clientShare of the last so many seconds */
export function toMeasurement(line: string, stderr: string, { load }: Workload, clientShare: (seconds: number) => number): Measurement {
  const json: unknown = line === '' ? undefined : JSON.parse(line);
  const parsed = v.safeParse(RESULT, json);
  if (!parsed.success) throw new Error(`sseload measured nothing: ${stderr || 'no output'}`);
  const { subs, errors, closed, ...result } = parsed.output;
  const delivered = v.safeParse(DELIVERED, json);
  const intact =
    errors === 0 && closed === 0 && stderr === '' && (load.kind === 'idle' || (delivered.success && delivered.output.verified));
  return {
    intact,
    problem: intact ? undefined : `${errors} errors, ${closed} streams closed; ${stderr || 'not every message came'}`,
    connecting: {
      streams: subs,
      acceptsPerSecond: result.connect_per_s,
      cpuUsPerAccept: result.cpu_us_per_connect,
      userBytesPerStream: result.bytes_per_sub,
      kernelBytesPerStream: result.slab_bytes_per_conn,
    },
    delivering: delivered.success ? toDelivering(delivered.output, clientShare) : undefined,
  };
}

function toDelivering(output: v.InferOutput<typeof DELIVERED>, clientShare: (seconds: number) => number): Delivering {
  return {
    events: output.events,
    seconds: output.secs,
    messagesPerSecond: output.msgs_per_s,
    p50Ms: output.p50_ms,
    p99Ms: output.p99_ms,
    p999Ms: output.p999_ms,
    maxMs: output.max_ms,
    cpuUsPerMessage: output.cpu_us_per_msg,
    serverCores: output.server_cores,
    clientShare: clientShare(output.secs),
  };
}
