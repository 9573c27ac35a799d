/** Something that the verification takes is not to be had on this machine: nothing was checked. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}

/** EX_UNAVAILABLE of sysexits.h: nothing was checked, since something that it takes is missing here. */
export const UNAVAILABLE = 69;
