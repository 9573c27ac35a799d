/** The claim `lanes` of a token: channels by action. */
export interface LanesClaim {
  readonly subscribe: string[];
  readonly publish: string[];
}

/** What the groups of a user allow: `subscribe:<pattern>` and `publish:<pattern>`. Other groups are not about the lanes. */
export function claimOfGroups(groups: readonly string[]): LanesClaim {
  const claim: LanesClaim = { subscribe: [], publish: [] };
  for (const group of groups) {
    const [, action, pattern] = /^(subscribe|publish):(.+)$/.exec(group) ?? [];
    if (pattern !== undefined) claim[action === 'publish' ? 'publish' : 'subscribe'].push(pattern);
  }
  return claim;
}
