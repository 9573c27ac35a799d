const CHANNEL = /^[A-Za-z0-9_.:-]{1,128}$/;

/** What is wrong with a channel name, by the server's rule; undefined if it is valid. */
export function channelProblem(name: string): string | undefined {
  if (name === '.' || name === '..') return `A channel cannot be called ${name}: no URL can carry that name.`;
  if (CHANNEL.test(name)) return undefined;
  if (name === '') return 'A channel needs a name.';
  if (name.length > 128) return `A channel name has at most 128 characters, this one has ${name.length}.`;
  return 'A channel name is made of letters, digits and _ . : -';
}
