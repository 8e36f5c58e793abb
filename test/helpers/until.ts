/** Waits until `check` holds; rejects, naming what was waited for, at the deadline. Tests never wait for a fixed time. */
export async function until(what: string, check: () => boolean, deadlineMillis = 10_000): Promise<void> {
  const deadline = performance.now() + deadlineMillis;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${deadlineMillis} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
