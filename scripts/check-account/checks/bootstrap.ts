import type { Account } from '../account.ts';
import type { PlannedStack } from '../assembly.ts';
import { type Check, ok, problem } from '../finding.ts';

/** Whether every Region that the stacks go to is bootstrapped, by a CDK that is new enough. */
export function bootstrapChecks(stacks: readonly PlannedStack[], account: Account): readonly Check[] {
  const places = Map.groupBy(stacks, ({ region, bootstrap }) => `${region} ${bootstrap.parameter}`);
  return [...places.values()].flatMap((inPlace) => {
    const [first] = inPlace;
    if (first === undefined) return [];
    const { region } = first;
    const needed = Math.max(...inPlace.map(({ bootstrap }) => bootstrap.version));
    const command = `npx cdk bootstrap aws://${account.id}/${region}`;
    return {
      about: `CDK bootstrap of ${region}`,
      async run() {
        const version = await account.in(region).parameter(first.bootstrap.parameter);
        if (version === undefined) return [problem(`CDK bootstrap of ${region}: there is none`, command)];
        if (Number(version) < needed) return [problem(`CDK bootstrap of ${region}: version ${version}, ${needed} is needed`, command)];
        return [ok(`CDK bootstrap of ${region}: version ${version}, ${needed} is needed`)];
      },
    };
  });
}
