const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** What the names of all stacks of a stage begin with. */
export const stackPrefix = ({ id }: { readonly id: string }): string => `Lanes${capitalized(id)}`;

/** Name of one stack of a stage. @param part `backbone`, `edge`, or the name of a lane */
export const stackName = (stage: { readonly id: string }, part: string): string => `${stackPrefix(stage)}${capitalized(part)}`;
