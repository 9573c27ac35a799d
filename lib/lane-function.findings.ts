import type { Findings } from './acknowledgements.ts';

/** Why findings at `lane-function.ts` stand. */
export const FINDINGS = {
  outsideVpc: [
    'It talks to endpoints that AWS and the issuer of tokens offer to everybody, over TLS and with its own role, and to nothing in a VPC. Inside one it would need NAT for them and be no better protected: nothing can connect to a function.',
    'NIST.800.53.R5-LambdaInsideVPC',
    'CT.LAMBDA.PR.3',
  ],
  deadLettersWhereNeeded: [
    'Who invokes it in the other way than waiting for the answer has a dead-letter queue: the EventBridge target and its asynchronous invocations (eventTarget below), and the queues of the fan-out. A caller that waits gets the error itself, and a dead-letter configuration would not act.',
    'NIST.800.53.R5-LambdaDLQ',
  ],
  noReservation: [
    'What starts it is limited where it starts: routes by the throttle of the API stage, queues by the maximum concurrency of their event source, schedules by their interval, publishing by IAM. A reservation would be taken from the functions of the whole account, and a new account has none to give.',
    'NIST.800.53.R5-LambdaConcurrency',
  ],
} as const satisfies Findings;
