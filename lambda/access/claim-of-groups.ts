/** The claim `lanes` of a token: channels by action. */
export interface LanesClaim {
  readonly subscribe: string[];
  readonly publish: string[];
}

/**
 * What a user's groups allow: `subscribe:<pattern>` and `publish:<pattern>`. Groups with other names are
 * ignored.
 */
export function claimOfGroups(groups: readonly string[]): LanesClaim {
  const claim: LanesClaim = { subscribe: [], publish: [] };
  for (const group of groups) {
    const [, action, pattern] = /^(subscribe|publish):(.+)$/.exec(group) ?? [];
    if (pattern !== undefined) claim[action === 'publish' ? 'publish' : 'subscribe'].push(pattern);
  }
  return claim;
}
