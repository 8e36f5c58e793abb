import { sayMillis } from '../durations.ts';
import type { Verdict } from '../report.ts';
import { counted } from '../words.ts';
import { page } from './page.ts';
import { escapeText } from './svg.ts';

/** A seed that failed, as an exploration tells it. */
export interface ExploredFailure {
  readonly seed: number;
  readonly verdict: Verdict;
  readonly reason: string | null;
  readonly broken: readonly string[];
  /** What repeats it. */
  readonly command: string;
  /** Its own report, beside this file; null: none was written. */
  readonly link: string | null;
}

export interface ExplorationFacts {
  readonly scenario: string;
  readonly about: string;
  readonly seeds: number;
  readonly firstSeed: number;
  readonly wallMillis: number;
  readonly jobs: number;
  readonly crypto: string;
  /** Why seeds were not played that were wanted; empty when all were. */
  readonly ending: string;
  readonly failures: readonly ExploredFailure[];
  /** The first failure made small, step by step; null: nothing failed, or it was not made smaller. */
  readonly smallest: {
    readonly seed: number;
    readonly steps: number;
    /** How many smaller runs were tried, in words. */
    readonly attempts: string;
    /** What plays it, in the folder of this file. */
    readonly command: string;
    readonly reason: string | null;
    readonly story: readonly string[];
    /** The scenario itself, in a file beside this one. */
    readonly file: string;
    readonly link: string | null;
  } | null;
  readonly command: string;
  readonly machine: string;
}

/** What an exploration found, as one HTML file with links to the reports of single seeds beside it. */
export function explorationHtml(facts: ExplorationFacts): string {
  // Seeds that nobody played have not passed.
  const verdict = facts.failures.length > 0 ? 'fail' : facts.ending === '' ? 'pass' : 'ended early';
  const begin = `<h1>${escapeText(facts.scenario)} explored <span class="${verdict === 'ended early' ? '' : verdict}">${verdict.toUpperCase()}</span></h1>
<p>${escapeText(facts.about)}</p>
<p>${escapeText(`${counted(facts.seeds, 'seed')} from ${facts.firstSeed} in ${sayMillis(facts.wallMillis)}, ${counted(facts.jobs, 'thread')}; ${facts.crypto}. ${counted(facts.failures.length, 'failure')}${facts.ending}.`)}</p>`;
  const sections: Array<readonly [string, string]> = [];
  if (facts.smallest !== null) sections.push(['The first failure, made small', smallest(facts.smallest)]);
  sections.push(['What failed', failures(facts)], ['How to repeat it', `<pre>${escapeText(facts.command)}</pre><p>${escapeText(facts.machine)}</p>`]);
  return page(`${facts.scenario} explored: ${verdict}`, begin, sections);
}

function smallest({ seed, steps, attempts, reason, story, file, command, link }: NonNullable<ExplorationFacts['smallest']>): string {
  const more = link === null ? '' : ` Its run in full: <a href="${escapeText(link)}">space-time diagram, messages, evidence</a>.`;
  return `<p>Seed ${seed}, in ${counted(steps, 'step')}, ${escapeText(attempts)}. The scenario: <a href="${escapeText(file)}">${escapeText(file)}</a>.${more}</p>
<pre>${story.map(escapeText).join('\n')}</pre><p class="fail">Then: ${escapeText(reason ?? '')}</p><p>In this folder: <code>${escapeText(command)}</code></p>`;
}

function failures({ failures: all }: ExplorationFacts): string {
  if (all.length === 0) return '<p class="none">Nothing: every seed that was played came out as written.</p>';
  const kinds = new Map<string, number>();
  for (const { broken, verdict } of all) for (const kind of broken.length === 0 ? [`a step (${verdict})`] : broken) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const tally = [...kinds].sort((one, other) => other[1] - one[1]).map(([kind, count]) => `${escapeText(kind)}: ${count}`);
  const rows = all.map(({ seed, verdict, reason, command, link }) => {
    const named = link === null ? String(seed) : `<a href="${escapeText(link)}">${seed}</a>`;
    return `<tr><td>${named}</td><td class="fail">${verdict}</td><td>${escapeText(reason ?? '')}</td><td><code>${escapeText(command)}</code></td></tr>`;
  });
  return `<p>${tally.join(' · ')}</p><table><tr><th>seed</th><th></th><th>why</th><th>what repeats it</th></tr>${rows.join('')}</table>`;
}
