/** Without `readonly`, and with intersections written out: what counts is which fields there are. */
type Plain<T> = T extends object ? { -readonly [K in keyof T]: Plain<T[K]> } : T;

type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/**
 * Whether two types have the same fields, the optional ones included. `true satisfies Same<…>` beside a schema keeps it equal to the type
 * that the code uses: a field that one of them lacks is a type error.
 */
export type Same<A, B> = Identical<Plain<A>, Plain<B>>;
