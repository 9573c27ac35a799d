import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** One action on one resource of an `Allow` statement, as written in the policy. */
export interface GrantUse {
  readonly action: string;
  readonly resource: string;
  /** Calls that this grant alone allowed: without it they would have been denied. */
  readonly calls: number;
}

/** What a role requested and was denied. */
export interface Refusal {
  readonly action: string;
  readonly resource: string;
  readonly calls: number;
}

export interface RoleReport {
  /** Stack and logical id. */
  readonly role: string;
  readonly grants: readonly GrantUse[];
  readonly refused: readonly Refusal[];
}

/**
 * What the roles of a run were granted and what they used. Roles that nothing uses in a local run are left
 * out.
 */
export interface AccessReport {
  readonly roles: readonly RoleReport[];
}

/** A grant that stays although no test uses it. */
export interface KeptGrant {
  /** Logical id of the role, without the hash that the CDK appends. */
  readonly role: string;
  readonly action: string;
  /** A part of the resource's ARN. */
  readonly resource: string;
  /** What a security reviewer needs to know in order to agree. */
  readonly reason: string;
  /**
   * Whether a slow machine may cause its use. @default false: once a test uses the grant, the reason is
   * obsolete
   */
  readonly mayBeUsed?: boolean;
}

const counted = v.array(v.object({ action: v.string(), resource: v.string(), calls: v.number() }));

const accessReport = v.object({ roles: v.array(v.object({ role: v.string(), grants: counted, refused: counted })) });

/** Adds a report to a directory, which is created if necessary; does nothing if no directory is given. */
export function writeReport(report: AccessReport, directory: string | undefined): void {
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${randomUUID()}.json`), JSON.stringify(report));
}

/** The reports of all runs that wrote to a directory. */
export function readReports(directory: string): readonly AccessReport[] {
  return readdirSync(directory).map((file) => v.parse(accessReport, JSON.parse(readFileSync(join(directory, file), 'utf8'))));
}

/** Adds up the runs. */
export function mergeReports(reports: readonly AccessReport[]): AccessReport {
  const roles = Map.groupBy(
    reports.flatMap((report) => report.roles),
    ({ role }) => role,
  );
  return {
    roles: [...roles].map(([role, runs]) => ({
      role,
      grants: sum(runs.flatMap(({ grants }) => grants)),
      refused: sum(runs.flatMap(({ refused }) => refused)),
    })),
  };
}

function sum(entries: readonly GrantUse[]): readonly GrantUse[] {
  const groups = Map.groupBy(entries, ({ action, resource }) => `${action} ${resource}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, calls: group.reduce((total, { calls }) => total + calls, 0) }];
  });
}

/**
 * What is wrong with the roles, one line each: grants that nothing needs, calls that were denied, and
 * obsolete reasons.
 */
export function findings({ roles }: AccessReport, kept: readonly KeptGrant[]): readonly string[] {
  const surplus = roles.flatMap(({ role, grants }) =>
    grants
      .filter((grant) => grant.calls === 0 && !kept.some((entry) => isFor(entry, role, grant)))
      .map(({ action, resource }) => `${role} may ${action} on ${resource}, and nothing needs it`),
  );
  const missing = roles.flatMap(({ role, refused }) =>
    refused.map(({ action, resource, calls }) => `${role} was refused ${action} on ${resource}, ${calls} times`),
  );
  const outlived = kept
    .filter((entry) => {
      const stands = (grant: GrantUse) => grant.calls === 0 || entry.mayBeUsed === true;
      return !roles.some(({ role, grants }) => grants.some((grant) => stands(grant) && isFor(entry, role, grant)));
    })
    .map(({ role, action, resource }) => `${role}: ${action} on ${resource} is kept for a reason, but it is used or not granted`);
  return [...surplus, ...missing, ...outlived];
}

function isFor(entry: KeptGrant, role: string, { action, resource }: GrantUse): boolean {
  return entry.role === withoutHash(role) && entry.action === action && resource.includes(entry.resource);
}

/** `Stack/ConnectRoleF02E690C` → `ConnectRole` */
function withoutHash(role: string): string {
  return (role.split('/').at(-1) ?? '').replace(/[0-9A-F]{8}$/, '');
}
