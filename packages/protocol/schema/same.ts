/**
 * Without `readonly`, and with intersections written out: what counts is which fields there are. As in JSON, an undefined field is a
 * missing one; a field that must be missing is none.
 */
type Plain<T> = T extends undefined
  ? never
  : T extends readonly (infer Entry)[]
    ? Plain<Entry>[]
    : T extends object
      ? { -readonly [K in keyof T as [T[K]] extends [undefined] ? never : K]: Plain<T[K]> }
      : T;

type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/**
 * Whether two types have the same fields, the optional ones included. `true satisfies Same<…>` beside a schema keeps it equal to the type
 * that the code uses: a field that one of them lacks is a type error.
 */
export type Same<A, B> = Identical<Plain<A>, Plain<B>>;
