import * as v from 'valibot';
import { AwsError } from '../endpoint/aws-error.ts';
import { compilePolicy, type Statement } from '../iam/policy.ts';

const wholeNumber = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.check((text) => /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max, `must be a whole number from ${min} to ${max}`),
  );

/**
 * The attributes that can be set, all as text, with the defaults of SQS. AWS lets a queue accept messages of
 * up to 1 MiB; the default here stays at SNS's 256 KiB, so that a message that passes here also passes there.
 */
const settable = v.strictObject({
  DelaySeconds: v.optional(wholeNumber(0, 900), '0'),
  MaximumMessageSize: v.optional(wholeNumber(1024, 1_048_576), '262144'),
  MessageRetentionPeriod: v.optional(wholeNumber(60, 1_209_600), '345600'),
  ReceiveMessageWaitTimeSeconds: v.optional(wholeNumber(0, 20), '0'),
  VisibilityTimeout: v.optional(wholeNumber(0, 43_200), '30'),
  RedrivePolicy: v.optional(v.string()),
  Policy: v.optional(v.string()),
  // Without effect locally: encryption, and who may use the queue for dead letters.
  RedriveAllowPolicy: v.optional(v.string()),
  KmsMasterKeyId: v.optional(v.string()),
  KmsDataKeyReusePeriodSeconds: v.optional(v.string()),
  SqsManagedSseEnabled: v.optional(v.string()),
});

export type QueueAttributes = v.InferOutput<typeof settable>;

const redrivePolicy = v.object({
  deadLetterTargetArn: v.string(),
  maxReceiveCount: v.pipe(
    v.union([v.number(), v.string()]),
    v.transform(Number),
    v.check((count) => count >= 1 && count <= 1000),
  ),
});

export type RedrivePolicy = v.InferOutput<typeof redrivePolicy>;

/**
 * Attributes with the defaults filled in.
 * @throws AwsError `InvalidAttributeName` or `InvalidAttributeValue`; FIFO queues are not emulated
 */
export function parseQueueAttributes(input: Readonly<Record<string, string | undefined>>): QueueAttributes {
  const result = v.safeParse(settable, input);
  if (!result.success) {
    const [issue] = result.issues;
    const name = v.getDotPath(issue) ?? '';
    if (issue.expected === 'never') {
      throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}: the local endpoint does not emulate it.`);
    }
    throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}: ${issue.message}.`);
  }
  redriveOf(result.output);
  policyOf(result.output);
  return result.output;
}

/** @throws AwsError `InvalidAttributeValue` if the policy is not valid */
export function redriveOf({ RedrivePolicy }: QueueAttributes): RedrivePolicy | undefined {
  if (RedrivePolicy === undefined || RedrivePolicy === '') return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), redrivePolicy), RedrivePolicy);
  if (!parsed.success) throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter RedrivePolicy: ${RedrivePolicy}.`);
  return parsed.output;
}

/** @throws AwsError `InvalidAttributeValue` if it is not a policy, or one that is not emulated */
export function policyOf({ Policy }: Pick<QueueAttributes, 'Policy'>): readonly Statement[] {
  if (Policy === undefined || Policy === '') return [];
  try {
    return compilePolicy(JSON.parse(Policy), 'the queue');
  } catch (cause) {
    throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter Policy: ${String(cause)}`, { cause });
  }
}
