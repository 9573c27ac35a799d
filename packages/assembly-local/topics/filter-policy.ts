import { UnsupportedTemplateError } from '../assembly/errors.ts';
import { AwsError } from '../endpoint/aws-error.ts';
import { compilePattern } from '../events/pattern.ts';
import type { MessageAttributes } from '../queues/message-attributes.ts';

/** Whether a subscription gets a message. */
export type MessageFilter = (message: string, attributes: MessageAttributes) => boolean;

/** https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html */
const MAX_KEYS = 5;
const MAX_COMBINATIONS = 150;

/**
 * Compiles the filter policy of a subscription: values, `prefix`, `exists` and `anything-but`, on the attributes of
 * messages or, with `FilterPolicyScope: MessageBody`, on their JSON.
 * @throws AwsError `InvalidParameter` for a policy that SNS refuses, or that is not emulated
 */
export function compileFilter({ FilterPolicy, FilterPolicyScope = 'MessageAttributes' }: Readonly<Record<string, string>>): MessageFilter {
  if (FilterPolicy === undefined) return () => true;
  if (FilterPolicyScope === 'MessageBody') {
    const matches = compile(parse(FilterPolicy));
    // A body that is no JSON never passes, whatever the policy says of missing fields.
    return (message) => {
      const body = jsonOf(message);
      return body !== undefined && matches(body);
    };
  }
  if (FilterPolicyScope !== 'MessageAttributes') throw invalid(`FilterPolicyScope: ${FilterPolicyScope}`);
  const policy = parse(FilterPolicy);
  checkSize(policy);
  const matches = compile(policy);
  return (_, attributes) => matches(valuesOf(attributes));
}

function parse(text: string): object {
  const policy = jsonOf(text);
  if (typeof policy === 'object' && policy !== null && !Array.isArray(policy)) return policy;
  throw invalid(`FilterPolicy: ${text} is not a JSON object`);
}

function checkSize(policy: object): void {
  const conditions: unknown[] = Object.values(policy);
  const flat = conditions.filter((values): values is unknown[] => Array.isArray(values) && values.length > 0);
  if (flat.length < conditions.length) throw invalid('FilterPolicy: every attribute needs a list of conditions');
  if (flat.length > MAX_KEYS) throw invalid(`FilterPolicy: it has ${flat.length} attributes, but at most ${MAX_KEYS} are allowed`);
  const combinations = flat.reduce((product, { length }) => product * length, 1);
  if (combinations > MAX_COMBINATIONS)
    throw invalid(`FilterPolicy: it has ${combinations} combinations of values, but at most ${MAX_COMBINATIONS} are allowed`);
}

function compile(policy: object): (event: unknown) => boolean {
  try {
    return compilePattern(policy);
  } catch (error) {
    if (!(error instanceof UnsupportedTemplateError)) throw error;
    throw invalid(`FilterPolicy: the local endpoint does not emulate it: ${error.message}`);
  }
}

/** Attributes by name, as a policy compares them. SNS ignores binary ones. */
function valuesOf(attributes: MessageAttributes): object {
  const values = Object.entries(attributes).flatMap(([name, { DataType, StringValue }]) => {
    if (StringValue === undefined) return [];
    if (DataType === 'String.Array') return [[name, jsonOf(StringValue)]];
    return [[name, DataType.startsWith('Number') ? Number(StringValue) : StringValue]];
  });
  return Object.fromEntries(values) as object;
}

/** Undefined if the text is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${reason}`);
}
