import test, { type TestFn } from 'ava';

/**
 * A test that this machine cannot run is skipped by name, so that it stands in the count: `missing` says what is not there, null
 * that all is.
 */
export function testUnless(missing: string | null): { readonly run: TestFn | TestFn['skip']; readonly named: (title: string) => string } {
  return missing === null ? { run: test, named: (title) => title } : { run: test.skip, named: (title) => `${title} (skipped: ${missing})` };
}
