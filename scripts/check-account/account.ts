/** What the checks ask of an AWS account. Everything reads; every method rejects if the caller may not ask. */
export interface Account {
  /** Number of the account. */
  readonly id: string;
  /** @param service such as `ecs.amazonaws.com` */
  hasServiceRole(service: string): Promise<boolean>;
  /** Whether the account has a public hosted zone of exactly this name. */
  hasHostedZone(name: string): Promise<boolean>;
  in(region: string): AccountRegion;
}

/** An account in a Region. */
export interface AccountRegion {
  /** Undefined if there is none of this name. */
  stack(name: string): Promise<ExistingStack | undefined>;
  /** Value of a parameter of Systems Manager. Undefined if there is none of this name. */
  parameter(name: string): Promise<string | undefined>;
  /** @param code such as `L-3032A538` */
  quota(service: string, code: string): Promise<number>;
  /** How many there are, whoever made them. */
  count(what: Counted): Promise<number>;
  /** In the order in which templates get them: by name, and only those with a default subnet if there are such. */
  zones(): Promise<readonly Zone[]>;
  /** Undefined if there is none of this ARN. */
  certificate(arn: string): Promise<Certificate | undefined>;
  /** Undefined if there is none of this id. */
  prefixList(id: string): Promise<PrefixList | undefined>;
  /** ARN of the role with which API Gateway writes logs. Undefined if none is set. */
  gatewayLogRole(): Promise<string | undefined>;
}

export type Counted = 'vpcs' | 'addresses' | 'load balancers';

export interface ExistingStack {
  /** `CREATE_COMPLETE`, `ROLLBACK_FAILED` … */
  readonly status: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Zone {
  /** `us-east-1a`: stands for another zone in each account. */
  readonly name: string;
  /** `use1-az4` */
  readonly id: string;
  readonly isAvailable: boolean;
}

export interface Certificate {
  /** `ISSUED`, `PENDING_VALIDATION` … */
  readonly status: string;
  /** Names that it is valid for: `*.example.com` too. */
  readonly names: readonly string[];
}

export interface PrefixList {
  readonly name: string;
  /** What it counts as in a security group. */
  readonly maxEntries: number;
}
