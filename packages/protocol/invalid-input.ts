/** Every code that rejected input can have, in a problem (HTTP) and in an error frame (sockets). */
export type InvalidInputCode =
  | 'invalid_channel'
  | 'invalid_type'
  | 'invalid_data'
  | 'data_too_large'
  | 'invalid_key'
  | 'invalid_cursor'
  | 'too_many_channels'
  | 'too_many_events'
  | 'invalid_parameter'
  | 'invalid_body'
  | 'invalid_frame'
  | 'unknown_action';

/**
 * Invalid input that the caller can correct. The message contains the bad value; HTTP turns the error into a
 * 4xx, the WebSocket lane into an error frame.
 */
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
  const text = JSON.stringify(outline(value)) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

/** How many entries of a value a message may show. */
const OUTLINED = 20;

/** The value to a depth of one: a deeply nested value would cause a stack overflow. */
function outline(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, OUTLINED).map(nested);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, OUTLINED)
      .map(([key, entry]) => [key, nested(entry)]),
  );
}

function nested(value: unknown): unknown {
  if (Array.isArray(value)) return '[…]';
  return typeof value === 'object' && value !== null ? '{…}' : value;
}
