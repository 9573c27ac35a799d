/** Names a resource of an app. */
export interface ResourceId {
  readonly stack: string;
  readonly logicalId: string;
}

/** Resource types that are neither run nor known to have no effect locally. */
export class UnknownResourceTypeError extends Error {
  override readonly name = 'UnknownResourceTypeError';
}

/** A template uses something that the local run does not support, or refers to what does not exist. */
export class UnsupportedTemplateError extends Error {
  override readonly name = 'UnsupportedTemplateError';
  /** The resource that cannot be run as it stands; undefined where no single resource is to blame. */
  readonly resource: ResourceId | undefined;
  /** The message without the name of the resource. */
  readonly reason: string;

  constructor(message: string, options: ErrorOptions & { readonly resource?: ResourceId | undefined; readonly reason?: string } = {}) {
    super(message, options);
    this.resource = options.resource;
    this.reason = options.reason ?? message;
  }
}
