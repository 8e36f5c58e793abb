/** A word as a shell takes it, in quotation marks only where it must be. */
export function shellWord(text: string): string {
  return /^[\w./@%+:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What repeats a run of the simulator exactly: draws depend on the cryptography as well. `seed` null: that of the file. */
export function simCommand(run: { readonly file: string; readonly seed: number | null; readonly crypto: 'real' | 'stand-in' }): string {
  const { file, seed, crypto } = run;
  return `confab run ${shellWord(file)} --engine sim${seed === null ? '' : ` --seed ${seed}`}${crypto === 'stand-in' ? ' --stand-in-crypto' : ''}`;
}
