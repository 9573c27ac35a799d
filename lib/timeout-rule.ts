/** A number of a stage, or one that AWS or the code fixes, with its name for error messages. */
export type Quantity = readonly [name: string, value: number];

/** Two numbers that must be in a certain order because of something outside the stage. */
export interface TimeoutRule {
  readonly left: Quantity;
  readonly relation: '<' | '<=';
  readonly right: Quantity;
  readonly unit: string;
  /** What goes wrong otherwise. */
  readonly reason: string;
}

/** `left` must be less than `right`. */
export const below = (left: Quantity, right: Quantity, unit: string, reason: string): TimeoutRule => ({
  left,
  relation: '<',
  right,
  unit,
  reason,
});

/** `left` must be no more than `right`. */
export const atMost = (left: Quantity, right: Quantity, unit: string, reason: string): TimeoutRule => ({
  ...below(left, right, unit, reason),
  relation: '<=',
});

/** Whether the rule is met. */
export const holds = ({ left: [, left], relation, right: [, right] }: TimeoutRule): boolean =>
  relation === '<' ? left < right : left <= right;

/** A broken rule in one line, with both numbers. */
export const explain = ({ left, relation, right, unit, reason }: TimeoutRule): string =>
  `  ${left[0]} (${left[1]} ${unit}) must be ${relation} ${right[0]} (${right[1]} ${unit}): ${reason}`;
