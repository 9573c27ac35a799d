import type { AwsError } from './aws-error.ts';

/**
 * Parses the form encoding of AWS's query protocol: `Attributes.entry.1.key=a&Attributes.entry.1.value=b`
 * becomes `{ Attributes: [{ key: 'a', value: 'b' }] }`. Values stay texts.
 */
export function readQuery(body: string): { readonly action: string; readonly input: Record<string, unknown> } {
  const root: Tree = new Map();
  for (const [name, text] of new URLSearchParams(body)) {
    let node = root;
    const path = name.split('.');
    for (const key of path.slice(0, -1)) {
      const child = node.get(key);
      const next: Tree = child instanceof Map ? child : new Map();
      node.set(key, next);
      node = next;
    }
    node.set(path.at(-1) ?? '', text);
  }
  const { Action, Version: _, ...input } = toObject(root) as Record<string, unknown>;
  return { action: typeof Action === 'string' ? Action : '', input };
}

type Tree = Map<string, Tree | string>;

function toObject(tree: Tree): unknown {
  const [first] = tree.keys();
  if (tree.size === 1 && (first === 'entry' || first === 'member')) {
    const list = tree.get(first);
    return list instanceof Map ? [...list.values()].map(toValue) : [];
  }
  return Object.fromEntries([...tree].map(([key, value]) => [key, toValue(value)]));
}

function toValue(value: Tree | string): unknown {
  return value instanceof Map ? toObject(value) : value;
}

/** Services of the query protocol, with the XML namespace of their responses. */
const NAMESPACES = {
  SNS: 'http://sns.amazonaws.com/doc/2010-03-31/',
  ELBv2: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
} as const;

export type QueryService = keyof typeof NAMESPACES;

export function writeQueryAnswer(service: QueryService, action: string, output: object, requestId: string): string {
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return `<${action}Response xmlns="${NAMESPACES[service]}"><${action}Result>${toXml(output)}</${action}Result>${metadata}</${action}Response>`;
}

export function writeQueryError(service: QueryService, error: AwsError, requestId: string): string {
  const type = error.status < 500 ? 'Sender' : 'Receiver';
  const detail = `<Type>${type}</Type><Code>${escapeXml(error.queryCode)}</Code><Message>${escapeXml(error.message)}</Message>`;
  return `<ErrorResponse xmlns="${NAMESPACES[service]}"><Error>${detail}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

function toXml(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<member>${toXml(item)}</member>`).join('');
  if (value instanceof Map) {
    return [...value].map(([key, text]) => `<entry><key>${escapeXml(key)}</key><value>${escapeXml(text)}</value></entry>`).join('');
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => `<${name}>${toXml(member)}</${name}>`)
      .join('');
  }
  return escapeXml(String(value));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
