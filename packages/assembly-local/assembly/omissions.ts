import { type ResourceId, UnsupportedTemplateError } from './errors.ts';

/** How a warning identifies a resource, besides its id. */
export interface ResourceDescription extends ResourceId {
  readonly type: string;
  /** Construct path; undefined if the template has no metadata. */
  readonly path?: string | undefined;
}

/** A part of a resource that the run does without: one target of a rule, one policy of a role. */
export interface Part {
  readonly resource: ResourceId;
  /** For example `the target arn:aws:states:…`. */
  readonly what: string;
  readonly reason: string;
  readonly consequence: string;
  /** The stand-in value, if it may belong to a resource that is itself left out. */
  readonly value?: string;
}

interface Use {
  readonly user: ResourceId;
  readonly used: ResourceId;
  readonly value: string;
}

/**
 * What the absence of a resource means for the user of the run. Resources of any other type simply do not
 * exist locally.
 */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::Api': 'it has no local address',
  'AWS::ApiGatewayV2::Route': 'its messages go to the default route, if there is one',
  'AWS::CloudFront::Distribution': 'it has no local address',
  'AWS::ECS::Service': 'none of its tasks run',
  'AWS::ElasticLoadBalancingV2::Listener': 'it has no local address',
  'AWS::Events::Rule': 'its targets get no events',
  'AWS::IAM::ManagedPolicy': 'calls that only this policy allows are denied',
  'AWS::IAM::Policy': 'calls that only this policy allows are denied',
  'AWS::Lambda::EventSourceMapping': 'its function is not invoked by this source',
  'AWS::Lambda::Function': 'it cannot be invoked',
  'AWS::Lambda::Permission': 'the caller that it names may not invoke the function',
  'AWS::SNS::Subscription': 'its endpoint gets nothing from the topic',
};

/** Types that may refer to a missing resource without effect, because they only grant permissions. */
const GRANTS = /^AWS::(IAM::|Lambda::Permission$)|Policy$/;

/**
 * What the local run does without, and why.
 *
 * A resource that it does not support is left out. Whatever refers to it still gets a value: the name or ARN
 * that the resource would have, which leads nowhere. Resources that cannot work with such a value are left
 * out in turn: an event source mapping without its queue, one target of a rule. The others keep the value,
 * and fail only when they use it. Each omitted resource causes one warning, which also lists what it affects.
 *
 * In strict mode nothing is left out: anything unsupported is an error.
 */
export class Omissions {
  readonly strict: boolean;
  readonly #reasons = new Map<string, string>();
  readonly #described = new Map<string, ResourceDescription>();
  #uses: Use[] = [];
  #parts: Part[] = [];
  #evaluatingFor: ResourceId | undefined;

  constructor({ strict }: { readonly strict: boolean }) {
    this.strict = strict;
  }

  /** Forgets what an earlier attempt to start has found, except for the resources that it must do without. */
  beginAttempt(): void {
    this.#uses = [];
    this.#parts = [];
  }

  has(resource: ResourceId): boolean {
    return this.#reasons.has(keyOf(resource));
  }

  describe(resource: ResourceDescription): void {
    this.#described.set(keyOf(resource), resource);
  }

  leaveOut(resource: ResourceId, reason: string): void {
    this.#reasons.set(keyOf(resource), reason);
  }

  /**
   * Whether the run can continue without the resource that caused an error. If so, the next attempt leaves it
   * out.
   */
  accept(error: unknown): boolean {
    if (this.strict || !(error instanceof UnsupportedTemplateError)) return false;
    const { resource, reason } = error;
    if (resource === undefined || this.has(resource)) return false;
    this.leaveOut(resource, reason);
    return true;
  }

  /**
   * Evaluates something that belongs to a resource or output, which is left out if that fails.
   * @throws UnsupportedTemplateError in strict mode
   */
  evaluate<T>(user: ResourceId, evaluation: () => T): T | undefined {
    const previous = this.#evaluatingFor;
    this.#evaluatingFor = user;
    try {
      return evaluation();
    } catch (error) {
      if (this.strict || !(error instanceof UnsupportedTemplateError)) throw error;
      this.leaveOut(user, error.reason);
      return undefined;
    } finally {
      this.#evaluatingFor = previous;
    }
  }

  /**
   * The resource or output being evaluated uses a value of another resource, which may be left out already or
   * later.
   */
  noteUse(used: ResourceId, value: string): void {
    if (this.#evaluatingFor !== undefined) this.#uses.push({ user: this.#evaluatingFor, used, value });
  }

  /**
   * Leaves out a part of a resource.
   * @throws UnsupportedTemplateError in strict mode
   */
  leaveOutPart(part: Part): void {
    const { resource, what, reason } = part;
    if (this.strict) throw new UnsupportedTemplateError(`${this.#name(resource)}: ${what} ${reason}`, { resource });
    this.#parts.push(part);
  }

  /** One warning for each resource that is left out, and one for each omitted part of another. */
  warnings(): readonly string[] {
    const told = new Set<string>();
    const missing = [...this.#reasons.keys()];
    const usesMissing = (key: string) => this.#uses.some(({ user, used }) => keyOf(user) === key && keyOf(used) !== key && this.has(used));
    // Resources that miss nothing themselves come first: they are what the others are missing.
    const ordered = [...missing.filter((key) => !usesMissing(key)), ...missing.filter(usesMissing)];
    const resources = ordered.flatMap((key) => (told.has(key) ? [] : [this.#warning(key, told)]));
    const explained = new Set(this.#uses.filter(({ used }) => this.has(used)).map(({ value }) => value));
    const parts = this.#parts
      .filter(({ value }) => value === undefined || !explained.has(value))
      .map(({ resource, what, reason, consequence }) => `${this.#name(resource)}: ${what} ${reason}. Consequence: ${consequence}.`);
    return [...resources, ...parts];
  }

  #warning(key: string, told: Set<string>): string {
    const described = this.#described.get(key);
    const consequences = [CONSEQUENCES[described?.type ?? ''] ?? 'it does not exist locally', ...this.#effects(key, told)];
    const name = described === undefined ? key : this.#name(described);
    return `${name} is left out: ${this.#reasons.get(key)}. Consequence: ${consequences.join('; ')}.`;
  }

  #effects(key: string, told: Set<string>): readonly string[] {
    told.add(key);
    const users = new Map<string, Use>();
    for (const use of this.#uses) if (keyOf(use.used) === key && keyOf(use.user) !== key) users.set(keyOf(use.user), use);
    return [...users].flatMap(([userKey, { user, value }]) => {
      if (told.has(userKey)) return [];
      if (this.has(user)) {
        const own = CONSEQUENCES[this.#described.get(userKey)?.type ?? ''];
        return [`${this.#name(user)} is left out with it${own === undefined ? '' : `: ${own}`}`, ...this.#effects(userKey, told)];
      }
      const parts = this.#parts.filter((part) => part.value === value && keyOf(part.resource) === userKey);
      if (parts.length > 0) return parts.map(({ consequence }) => `${this.#name(user)}: ${consequence}`);
      if (GRANTS.test(this.#described.get(userKey)?.type ?? '')) return [];
      return [`${this.#name(user)} gets a value for it that leads nowhere`];
    });
  }

  #name(resource: ResourceId): string {
    const { type, path } = this.#described.get(keyOf(resource)) ?? {};
    const where = `${resource.logicalId} in stack ${resource.stack}${path === undefined ? '' : `, ${path}`}`;
    return type === undefined ? where : `${type} (${where})`;
  }
}

function keyOf({ stack, logicalId }: ResourceId): string {
  return `${stack}/${logicalId}`;
}
