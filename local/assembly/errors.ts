/** Resource types that are neither run nor known to have no effect locally. */
export class UnknownResourceTypeError extends Error {
  override readonly name = 'UnknownResourceTypeError';
}

/** A template uses something that the local run does not do, or refers to what does not exist. */
export class UnsupportedTemplateError extends Error {
  override readonly name = 'UnsupportedTemplateError';
}
