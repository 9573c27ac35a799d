import type { Touch, Touches } from '../steps.ts';

/** Whether two steps may lead to something else when they change places: one of them writes what the other uses. */
export function areDependent(one: Touches, other: Touches): boolean {
  if (one === 'everything' || other === 'everything') return true;
  return one.some((touch) => other.some((with_) => collide(touch, with_)));
}

function collide(one: Touch, other: Touch): boolean {
  if (one.item !== other.item || !(one.writes || other.writes)) return false;
  return (one.from ?? 0) <= (other.to ?? Number.POSITIVE_INFINITY) && (other.from ?? 0) <= (one.to ?? Number.POSITIVE_INFINITY);
}
