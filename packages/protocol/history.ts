/** How many of a channel's last events a client may ask for at once: about as many as a page of a poll holds. */
export const MAX_LAST = 500;

/** How many a page of the history has if the client does not say. */
export const DEFAULT_LAST = 100;

/** Stands for a position that all events lie before, so far: the first page of the history. */
export const NOW = 'now';
