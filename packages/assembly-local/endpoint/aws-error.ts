/** An error response of an AWS service. The protocol of the service decides its format on the wire. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** The name by which the SDK knows the error. */
  readonly code: string;
  readonly status: number;
  /** The code of the older query protocol, if it differs; SQS sends both. */
  readonly queryCode: string;

  constructor(code: string, message: string, options: { status?: number; queryCode?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.status = options.status ?? 400;
    this.queryCode = options.queryCode ?? code;
  }
}
