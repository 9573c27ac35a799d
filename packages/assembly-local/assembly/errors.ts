/** Identifies a resource of an app. */
export interface ResourceId {
  readonly stack: string;
  readonly logicalId: string;
}

/** Resource types that the local run neither emulates nor knows to have no effect locally. */
export class UnknownResourceTypeError extends Error {
  override readonly name = 'UnknownResourceTypeError';
}

/**
 * A template uses something that the local run does not support, or refers to something that does not exist.
 */
export class UnsupportedTemplateError extends Error {
  override readonly name = 'UnsupportedTemplateError';
  /** The resource that cannot be run; undefined if the error is not about a single resource. */
  readonly resource: ResourceId | undefined;
  /** The message without the name of the resource. */
  readonly reason: string;

  constructor(message: string, options: ErrorOptions & { readonly resource?: ResourceId | undefined; readonly reason?: string } = {}) {
    super(message, options);
    this.resource = options.resource;
    this.reason = options.reason ?? message;
  }
}
