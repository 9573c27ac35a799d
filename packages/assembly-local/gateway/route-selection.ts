import { UnsupportedTemplateError } from '../assembly/errors.ts';

/** The route that a message asks for; undefined if it names none (it is not JSON, or lacks the key). */
export type RouteSelection = (body: string) => string | undefined;

/**
 * Parses an expression like `$request.body.action`.
 * @throws UnsupportedTemplateError for any other kind
 */
export function parseRouteSelection(expression: string): RouteSelection {
  const path = /^\$request\.body\.([A-Za-z0-9_.-]+)$/.exec(expression.replace(/^\$\{(.+)\}$/, '$$$1'))?.[1]?.split('.');
  if (path === undefined) throw new UnsupportedTemplateError(`the route selection expression ${expression} is not supported`);
  return (body) => {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return undefined;
    }
    for (const key of path) {
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    }
    return typeof value === 'string' ? value : undefined;
  };
}
