import * as v from 'valibot';
import { AwsError } from './aws-error.ts';

/**
 * One operation of an emulated service. The input is the request's parameters, the output the result's
 * members. The signal aborts when the caller leaves. Throws {@link AwsError} for everything that AWS would
 * answer with an error.
 */
export type Operation = (input: unknown, signal: AbortSignal) => Promise<object> | object;

export type Operations = Readonly<Record<string, Operation>>;

/**
 * Creates an operation from a schema for its input and a function on the parsed input. Schemas are strict: a
 * parameter that is not emulated is an error that names it, and is never silently ignored.
 */
export function operation<S extends v.GenericSchema>(
  schema: S,
  run: (input: v.InferOutput<S>, signal: AbortSignal) => Promise<object> | object,
): Operation {
  return (input, signal) => run(parseInput(schema, input), signal);
}

function parseInput<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? 'the request';
  if (issue.expected === 'never') {
    throw new AwsError('UnsupportedOperation', `The local endpoint does not emulate the parameter ${path}.`);
  }
  if (issue.received === 'undefined') {
    throw new AwsError('MissingParameter', `The request must contain the parameter ${path}.`);
  }
  throw new AwsError('InvalidParameterValue', `Value ${issue.received} for parameter ${path} is invalid. Reason: ${issue.message}.`);
}
