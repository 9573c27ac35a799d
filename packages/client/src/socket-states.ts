/**
 * The two state machines of the WebSocket lane, as tables: what each event does in each state. They are pure;
 * `socket-lane.ts` and `socket-subscriptions.ts` carry out the effects. An event that a state does not list is ignored
 * in it: the tests list every transition once more, so none is forgotten or added unnoticed.
 */

/** The next state, and the effects of the transition in order. */
export type Transition<State, Effect> = readonly [State, ...Effect[]];

export type StateTable<State extends string, Event extends string, Effect extends string> = {
  readonly [S in State]: { readonly [E in Event]?: Transition<State, Effect> };
};

/** The socket of a connection. It is replaced before API Gateway closes it, and the new one opens first. */
export type LinkState =
  /** Nothing is open, and nothing was asked for. */
  | 'closed'
  /** There is no socket to use; one is opening. */
  | 'opening'
  /** There is no socket to use; the next attempt follows after a wait. */
  | 'waiting'
  /** A socket is in use. */
  | 'open'
  /** A socket is in use, and the next one is opening. */
  | 'replacing'
  /** A socket is in use; the next attempt to open its successor follows after a wait. */
  | 'replacingLater';

export type LinkEvent =
  /** A subscription or a publication needs a socket. */
  | 'needed'
  | 'opened'
  /** An attempt to open a socket failed, and another may succeed. */
  | 'failed'
  /** An attempt failed for good. */
  | 'refused'
  | 'retryDue'
  /** The socket in use has closed. */
  | 'lost'
  /** The socket in use is old, or the network has changed. */
  | 'replaceDue'
  | 'stopped';

export type LinkEffect =
  /** Begin to open a socket. */
  | 'open'
  /** Use the opened socket. The previous one delivers until all subscriptions have moved to the new one. */
  | 'use'
  /** Tell the subscriptions that they wait, and wait. */
  | 'announcePause'
  /** Wait silently: the socket in use still delivers. */
  | 'pause'
  /** End all subscriptions with the error. */
  | 'failAll'
  /** Close every socket, and abort what is in progress. */
  | 'closeAll';

export const LINK: StateTable<LinkState, LinkEvent, LinkEffect> = {
  closed: {
    needed: ['opening', 'open'],
  },
  opening: {
    opened: ['open', 'use'],
    failed: ['waiting', 'announcePause'],
    refused: ['closed', 'closeAll', 'failAll'],
    stopped: ['closed', 'closeAll'],
  },
  waiting: {
    refused: ['closed', 'closeAll', 'failAll'],
    retryDue: ['opening', 'open'],
    stopped: ['closed', 'closeAll'],
  },
  open: {
    lost: ['waiting', 'announcePause'],
    replaceDue: ['replacing', 'open'],
    stopped: ['closed', 'closeAll'],
  },
  replacing: {
    opened: ['open', 'use'],
    failed: ['replacingLater', 'pause'],
    refused: ['closed', 'closeAll', 'failAll'],
    lost: ['opening'],
    stopped: ['closed', 'closeAll'],
  },
  replacingLater: {
    refused: ['closed', 'closeAll', 'failAll'],
    retryDue: ['replacing', 'open'],
    lost: ['waiting'],
    stopped: ['closed', 'closeAll'],
  },
};

/** One subscription on the socket in use. */
export type SubscriptionState =
  /** Must subscribe: waits for a socket, or for another request on its channel. */
  | 'queued'
  /** Its request is in progress: the server replays what was missed. */
  | 'subscribing'
  | 'following'
  /** Events are missing, which are late more often than lost. */
  | 'awaitingGap'
  /** Its request failed, and the next one follows after a wait. */
  | 'awaitingRetry'
  | 'ended';

export type SubscriptionEvent =
  /** A check has found that the log is not the one that was followed, or nobody subscribed; or the server cannot tell. */
  | 'refresh'
  /** Another socket is in use. */
  | 'moved'
  /** No other request is in progress on the channel. */
  | 'turn'
  /** The request was answered completely, and everything is in order. */
  | 'complete'
  /** The request was answered, and events are still missing. */
  | 'incomplete'
  | 'failed'
  /** The request failed, and would fail again. */
  | 'refused'
  /** Events are missing: one came out of order, or a check has found the log ahead. */
  | 'gap'
  /** An event arrived, and everything is in order. */
  | 'inOrder'
  | 'retryDue'
  /** The subscription has ended, or continues over another transport. */
  | 'left';

export type SubscriptionEffect =
  /** Give the channel's next request its turn. */
  | 'schedule'
  | 'subscribe'
  /** Wait for a gap to close by itself. */
  | 'startGapTimer'
  | 'startRetryTimer'
  | 'stopTimer'
  | 'resetBackoff'
  | 'fail'
  /** Remove the subscription, and unsubscribe if it was the last of its channel. */
  | 'release';

export const SUBSCRIPTION: StateTable<SubscriptionState, SubscriptionEvent, SubscriptionEffect> = {
  queued: {
    moved: ['queued', 'schedule'],
    turn: ['subscribing', 'subscribe'],
    refused: ['ended', 'fail', 'release'],
    left: ['ended', 'release'],
  },
  subscribing: {
    moved: ['queued', 'schedule'],
    complete: ['following', 'resetBackoff'],
    incomplete: ['awaitingGap', 'startGapTimer'],
    failed: ['awaitingRetry', 'startRetryTimer'],
    refused: ['ended', 'fail', 'release'],
    left: ['ended', 'release'],
  },
  following: {
    refresh: ['queued', 'schedule'],
    moved: ['queued', 'schedule'],
    refused: ['ended', 'fail', 'release'],
    gap: ['awaitingGap', 'startGapTimer'],
    left: ['ended', 'release'],
  },
  awaitingGap: {
    refresh: ['queued', 'stopTimer', 'schedule'],
    moved: ['queued', 'stopTimer', 'schedule'],
    refused: ['ended', 'stopTimer', 'fail', 'release'],
    inOrder: ['following', 'stopTimer', 'resetBackoff'],
    retryDue: ['queued', 'schedule'],
    left: ['ended', 'stopTimer', 'release'],
  },
  awaitingRetry: {
    moved: ['queued', 'stopTimer', 'schedule'],
    refused: ['ended', 'stopTimer', 'fail', 'release'],
    retryDue: ['queued', 'schedule'],
    left: ['ended', 'stopTimer', 'release'],
  },
  ended: {},
};
