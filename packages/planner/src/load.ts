import type { Workload } from './workload.ts';

/** A workload over a month, and at its peak. */
export interface Load {
  readonly hours: number;
  readonly seconds: number;
  /** Of 730 hours: what is paid by the month is paid for this part of it. */
  readonly months: number;
  /** Bytes of an event's data as it travels. */
  readonly dataBytes: number;
  readonly clientBytes: number;
  readonly events: number;
  /** Events that are published together are announced together. */
  readonly publications: number;
  /** Events of a publication, on average. */
  readonly together: number;
  readonly deliveries: number;
  readonly connectionSeconds: number;
  readonly connects: number;
  readonly clientMessages: number;
  /** Channels that have a reader. */
  readonly channels: number;
  /** Events that reach one connection in a second. */
  readonly eventsPerConnectionSecond: number;
  /** At the busiest moment everything that connections do is as many times more as there are more connections. */
  readonly peak: {
    readonly factor: number;
    readonly deliveriesPerSecond: number;
    readonly connectsPerSecond: number;
    readonly clientMessagesPerSecond: number;
    /** Events come with the clients that publish them. */
    readonly eventsPerSecond: number;
    readonly publicationsPerSecond: number;
    /** Events of others meet more readers instead. */
    readonly fanOut: number;
  };
}

/** With fewer connections on average nothing can be said of their peak. */
const LEAST_AVERAGE = 0.01;

/** Base64 makes four characters of three bytes. */
const BASE64 = 4 / 3;

/** What clients send in a second, all together. */
export const clientMessagesOf = ({ averageConnections, clientMessagesPerSecond }: Workload): number =>
  averageConnections * clientMessagesPerSecond;

/** Events that are billed: what a client sends is published, and so an event, even where fewer are given. */
export const eventsOf = (workload: Workload): number => Math.max(workload.eventsPerSecond, clientMessagesOf(workload));

/** @param carriesBytes whether the option takes binary data as it is */
export function loadOf(workload: Workload, carriesBytes = false): Load {
  const { connections, averageConnections, fanOut, hoursPerMonth: hours } = workload;
  const seconds = hours * 3_600;
  const growth = workload.binary && !carriesBytes ? BASE64 : 1;
  const clientMessagesPerSecond = clientMessagesOf(workload);
  const eventsPerSecond = eventsOf(workload);
  const publicationsPerSecond = clientMessagesPerSecond + (eventsPerSecond - clientMessagesPerSecond) / workload.eventsPerPublication;
  const connectsPerSecond = (averageConnections * workload.reconnectsPerDay) / 86_400;
  const deliveriesPerSecond = eventsPerSecond * fanOut;
  const subscriptions = averageConnections * workload.subscriptionsPerConnection;
  const peakFactor = averageConnections >= LEAST_AVERAGE ? connections / averageConnections : 1;

  return {
    hours,
    seconds,
    months: hours / 730,
    dataBytes: workload.eventBytes * growth,
    clientBytes: workload.clientMessageBytes * growth,
    events: eventsPerSecond * seconds,
    publications: publicationsPerSecond * seconds,
    together: publicationsPerSecond > 0 ? eventsPerSecond / publicationsPerSecond : 1,
    deliveries: deliveriesPerSecond * seconds,
    connectionSeconds: averageConnections * seconds,
    connects: connectsPerSecond * seconds,
    clientMessages: clientMessagesPerSecond * seconds,
    channels: subscriptions / Math.max(1, fanOut),
    eventsPerConnectionSecond: averageConnections >= LEAST_AVERAGE ? deliveriesPerSecond / averageConnections : 0,
    peak: {
      factor: peakFactor,
      deliveriesPerSecond: deliveriesPerSecond * peakFactor,
      connectsPerSecond: connectsPerSecond * peakFactor,
      clientMessagesPerSecond: clientMessagesPerSecond * peakFactor,
      eventsPerSecond: clientMessagesPerSecond > 0 ? eventsPerSecond * peakFactor : eventsPerSecond,
      publicationsPerSecond: clientMessagesPerSecond > 0 ? publicationsPerSecond * peakFactor : publicationsPerSecond,
      fanOut: clientMessagesPerSecond > 0 ? fanOut : Math.min(connections, fanOut * peakFactor),
    },
  };
}

/** Bytes that AWS counts as a gigabyte of traffic or logs. The price list does not say 1,024; the difference is 7 %. */
export const GB = 1_000_000_000;
