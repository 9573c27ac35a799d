/** Every code that a rejected input can carry, on HTTP (`code` of the problem) and on WebSocket (`code` of the error frame). */
export type InvalidInputCode =
  | 'invalid_channel'
  | 'invalid_type'
  | 'invalid_data'
  | 'data_too_large'
  | 'invalid_key'
  | 'invalid_cursor'
  | 'too_many_channels'
  | 'invalid_parameter'
  | 'invalid_body'
  | 'invalid_frame'
  | 'unknown_action';

/** Input that a caller can mend. The message names the bad value; the edges turn it into a 4xx or an error frame. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly code: InvalidInputCode;

  constructor(code: InvalidInputCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Quotes a value for an error message, shortened so that a hostile value cannot fill a log or a frame. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
