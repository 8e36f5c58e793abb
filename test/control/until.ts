/** Asks until the check says true; fails with a sentence at the deadline. */
export async function until(check: () => boolean | Promise<boolean>, deadlineMillis = 10_000): Promise<void> {
  const end = performance.now() + deadlineMillis;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`not so within ${deadlineMillis} ms: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
