/**
 * Who a client is where nobody asks. It stands for everybody, so nothing is counted against it: a limit that all
 * clients share could be used up by one of them.
 */
export const ANONYMOUS = 'anonymous';
