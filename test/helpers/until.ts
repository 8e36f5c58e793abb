/** What comes at all comes within this, ms, also where ten other programs want the same processor. */
export const DEADLINE_MILLIS = 30_000;

/** Waits until `check` holds; rejects, naming what was waited for, at the deadline. Tests never wait for a fixed time. */
export async function until(what: string, check: () => boolean | Promise<boolean>, deadlineMillis = DEADLINE_MILLIS): Promise<void> {
  const deadline = performance.now() + deadlineMillis;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${deadlineMillis} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
