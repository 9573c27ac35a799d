import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import { type Condition, compileCondition } from './condition.ts';
import type { Context, Permission } from './permission.ts';
import { actionMatcher, arnMatcher, type Matcher } from './wildcard.ts';

const texts = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
);

const conditionValues = v.pipe(
  v.union([v.string(), v.boolean(), v.number(), v.array(v.union([v.string(), v.boolean(), v.number()]))]),
  v.transform((value) => (Array.isArray(value) ? value : [value]).map(String)),
);

const principal = v.pipe(
  v.union([v.literal('*'), v.strictObject({ AWS: v.optional(texts, []), Service: v.optional(texts, []) })]),
  v.transform((value) => (value === '*' ? { AWS: ['*'], Service: [] } : value)),
);

/** Strict: `NotAction`, `NotResource` and `NotPrincipal` are errors, and never silently ignored. */
const statement = v.strictObject({
  Sid: v.optional(v.string()),
  Effect: v.picklist(['Allow', 'Deny']),
  Principal: v.optional(principal),
  Action: texts,
  // Trust policies have none.
  Resource: v.optional(texts, '*'),
  Condition: v.optional(v.record(v.string(), v.record(v.string(), conditionValues)), {}),
});

const document = v.object({
  Statement: v.pipe(
    v.unknown(),
    v.transform((value) => (Array.isArray(value) ? value : [value])),
    v.array(statement),
  ),
});

export interface Pattern {
  readonly text: string;
  readonly matches: Matcher;
}

/** A compiled statement of a policy. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Only resource policies name principals. */
  readonly principals: { readonly AWS: readonly string[]; readonly Service: readonly string[] } | undefined;
  readonly actions: readonly Pattern[];
  readonly resources: readonly Pattern[];
  readonly condition: Condition;
}

/**
 * Compiles the policy document of an identity or of a resource.
 * @param owner whose policy it is, for errors
 * @throws UnsupportedTemplateError naming what is not emulated
 */
export function compilePolicy(input: unknown, owner: string): readonly Statement[] {
  const parsed = v.safeParse(document, input);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UnsupportedTemplateError(`the policy of ${owner}: ${v.getDotPath(issue) ?? 'as a whole'} is not supported: ${issue.message}`);
  }
  return parsed.output.Statement.map(({ Effect, Principal, Action, Resource, Condition }) => {
    const variable = Resource.find((resource) => resource.includes('${'));
    if (variable !== undefined)
      throw new UnsupportedTemplateError(`the policy of ${owner}: variables are not supported locally: ${variable}`);
    return {
      effect: Effect,
      principals: Principal,
      actions: Action.map((text) => ({ text, matches: actionMatcher(text) })),
      resources: Resource.map((text) => ({ text, matches: arnMatcher(text) })),
      condition: compileCondition(Condition),
    };
  });
}

/**
 * What is true for every call of a local run. The loopback interface counts as TLS: the SDK uses plain HTTP
 * on it only because nobody else can read it. Sources are known if a service acts for a resource.
 */
const ALWAYS: Context = { 'aws:SecureTransport': ['true'], 'aws:SourceArn': undefined, 'aws:SourceAccount': undefined };

/** Whether a statement applies to the call, whoever makes it. */
export function appliesTo({ actions, resources, condition }: Statement, { action, resource, context = {} }: Permission): boolean {
  return (
    actions.some(({ matches }) => matches(action)) &&
    resources.some(({ matches }) => matches(resource)) &&
    condition({ ...ALWAYS, ...context })
  );
}

/**
 * A service that acts for one of its resources: the topic that delivers, the rule that fires, the route that
 * was called.
 */
export interface ServiceCaller {
  /** For example `sns.amazonaws.com`. */
  readonly service: string;
  readonly sourceArn: string;
}

/**
 * Whether the policy of a resource lets a service use it. Services have no policies of their own, so the
 * resource's policy must allow it.
 */
export function letsService(policy: readonly Statement[], { service, sourceArn }: ServiceCaller, permission: Permission): boolean {
  const sourceAccount = sourceArn.split(':')[4] ?? '';
  const call: Permission = {
    ...permission,
    context: { ...permission.context, 'aws:SourceArn': [sourceArn], 'aws:SourceAccount': [sourceAccount] },
  };
  const named = policy.filter(({ principals }) => principals?.Service.includes(service) === true || principals?.AWS.includes('*') === true);
  const applying = named.filter((candidate) => appliesTo(candidate, call));
  return applying.length > 0 && applying.every(({ effect }) => effect === 'Allow');
}
