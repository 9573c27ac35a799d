const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Name of one stack of a stage. @param part `backbone`, `edge`, or the name of a lane */
export const stackName = (stage: { readonly id: string }, part: string): string => `Lanes${capitalized(stage.id)}${capitalized(part)}`;
