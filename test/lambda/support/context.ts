import type { Context } from 'aws-lambda';

const removed = () => {
  throw new Error('the runtime of Node.js 24 has no such thing');
};

/** What Lambda tells a handler about an invocation. */
export function invocationContext(awsRequestId: string): Context {
  return {
    functionName: 'fn',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:fn',
    memoryLimitInMB: '256',
    awsRequestId,
    logGroupName: 'fn',
    logStreamName: '1',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => 30_000,
    done: removed,
    fail: removed,
    succeed: removed,
  };
}
