/** The image has no user of that name. */
export class UnknownUserError extends Error {
  override readonly name = 'UnknownUserError';
}

/**
 * Finds a user in the text of `/etc/passwd`.
 * @throws UnknownUserError
 */
export function userIn(passwd: string, name: string): { readonly uid: number; readonly gid: number } {
  for (const line of passwd.split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new UnknownUserError(`the image has no user ${name}`);
}
