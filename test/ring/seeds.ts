/** How many seeds a property runs: the suite's own number, times CONFAB_SEEDS where somebody has more time. */
export function seedsOf(count: number): number[] {
  const factor = Math.max(1, Number(process.env['CONFAB_SEEDS'] ?? 1));
  return Array.from({ length: Math.ceil(count * factor) }, (_, at) => at + 1);
}
