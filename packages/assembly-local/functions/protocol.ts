/**
 * What the local run and the process of a function instance send to each other, over the channel that `fork`
 * opens.
 */

export interface InvokeMessage {
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  readonly functionArn: string;
  readonly deadlineMs: number;
}

/** The error as Lambda returns it to the invoker. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type InstanceMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'initError'; readonly error: FunctionError }
  | { readonly kind: 'result'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'error'; readonly requestId: string; readonly error: FunctionError };
