import type { LatestValue } from '../../client/src/index.ts';

export interface LatestTableProps {
  readonly title: string;
  readonly latest: ReadonlyMap<string, LatestValue>;
}

/** What a `latest` channel holds: the newest event of each key. */
export function LatestTable({ title, latest }: LatestTableProps) {
  const rows = [...latest.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section class="latest" aria-label={`Keys on the ${title}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Version</th>
            <th scope="col">Type</th>
            <th scope="col">Data</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, version, type, data }) => (
            <tr key={key} data-key={key}>
              <th scope="row">{key}</th>
              <td>
                <code>{version}</code>
              </td>
              <td>{type}</td>
              <td class="text">{data}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
