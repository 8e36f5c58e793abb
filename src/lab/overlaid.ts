/** The same object with other members in place of some of its own; what is not changed works on the object itself. */
export function overlaid<Target extends object>(target: Target, changes: Partial<Target>): Target {
  return new Proxy(target, {
    get: (own, name) => {
      if (Object.hasOwn(changes, name)) return Reflect.get(changes, name);
      const value: unknown = Reflect.get(own, name, own);
      return typeof value === 'function' ? (value as (...given: never[]) => unknown).bind(own) : value;
    },
  });
}
