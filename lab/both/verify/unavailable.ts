/** Something that the verification takes is not to be had on this machine: nothing was checked. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}
