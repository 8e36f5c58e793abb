import { sayMillis } from '../durations.ts';
import type { RunReport, StepReport } from '../report.ts';
import { concealed, counted } from '../words.ts';
import { charts } from './charts.ts';
import { page } from './page.ts';
import { ringView } from './ring-view.ts';
import { type Delivery, type RunFacts, tookMillis } from './run-facts.ts';
import { faultAxis, spaceTimeDiagram } from './space-time.ts';
import { escapeText, short } from './svg.ts';
import { timeScale } from './time-scale.ts';

export interface HtmlOptions {
  readonly report: RunReport;
  readonly about: string;
  readonly facts: RunFacts;
  /** What repeats this run. */
  readonly command: string;
  /** What made it: version, Node.js, machine. */
  readonly machine: string;
}

/** Messages whose story is told in full; the CSV file has all. */
const STORIES_MAX = 300;

/** One HTML file that needs nothing else: no script, no font, no picture from elsewhere. Texts of messages are not in it. */
export function htmlReport(options: HtmlOptions): string {
  const { report, facts } = options;
  const sections: ReadonlyArray<readonly [title: string, body: string]> = [
    ['What happened', narrative(report.steps, facts.endMillis)],
    ['What was checked', checks(report)],
    ['What was broken, and when', faultAxis(facts)],
    [
      'Space and time',
      `<p>A line for each node, an arrow for each frame; dashed ones were lost, shaded times are faults. Time runs downwards, and is stretched where much happens.</p><div class="wide">${spaceTimeDiagram(facts)}</div>`,
    ],
    ['The way of each message', stories(facts)],
    ['The ring', rings(facts)],
    ['Figures', charts(facts)],
    ['How to repeat it', `<pre>${escapeText(options.command)}</pre><p>${repeatWords(report)}</p><p>${escapeText(options.machine)}</p>`],
  ];
  const title = `${report.scenario}: ${report.verdict}`;
  const body = `<h1>${escapeText(report.scenario)} <span class="${report.verdict}">${report.verdict.toUpperCase()}</span></h1>
<p>${escapeText(concealed(options.about))}</p>
${report.reason === null ? '' : `<p class="${report.verdict}">${escapeText(concealed(report.reason))}</p>`}
<p>${escapeText(summary(report, facts))}</p>`;
  return page(title, body, sections);
}

function rings(facts: RunFacts): string {
  if (facts.ringBefore.length === 0 && facts.ringAfter.length === 0) return '<p class="none">Nobody was on a ring of Confab in this run.</p>';
  const before = ringView(facts.ringBefore, facts.faults.length > 0 ? 'Before the first fault' : 'Half way through');
  return `<div class="rings">${before}${ringView(facts.ringAfter, 'At the end')}</div>`;
}

function summary(report: RunReport, facts: RunFacts): string {
  const where = report.engine === 'sim' ? `in the simulator with seed ${report.seed}` : 'on real processes';
  const lost = facts.flights.filter(({ arrivedMillis }) => arrivedMillis === null).length;
  const parts = [
    counted(facts.nodes.length, 'node'),
    `${counted(facts.flights.length, 'frame')} (${lost} did not arrive)`,
    counted(facts.deliveries.size, 'message'),
    counted(facts.faults.length, 'fault'),
  ];
  return `Played ${where}: ${parts.join(', ')}; ${sayMillis(report.virtualMillis)} ${report.engine === 'sim' ? 'of virtual time ' : ''}in ${sayMillis(report.wallMillis)}.`;
}

function repeatWords(report: RunReport): string {
  if (report.engine === 'sim')
    return `The same command gives the same run: ${counted(report.trace.events, 'event')}, SHA-256 <code>${escapeText(report.trace.sha256)}</code>.`;
  return `Real processes take their own time, so no two runs are equal. This one left ${counted(report.trace.events, 'event')}, SHA-256 <code>${escapeText(report.trace.sha256)}</code>.`;
}

const PASSING = /^[\d.]+(ms|s|m|h) pass( since .*)?$/;

function narrative(steps: readonly StepReport[], endMillis: number): string {
  const scale = timeScale(endMillis);
  // Steps side by side are told in the order of time; that time passes shows in the times of the others.
  const told = steps
    .filter(({ step, outcome }) => outcome !== 'ok' || !PASSING.test(step))
    .sort((one, other) => (one.outcome === 'skipped' ? 1 : 0) - (other.outcome === 'skipped' ? 1 : 0) || one.startMillis - other.startMillis);
  const rows = told.map(({ number, startMillis, step, outcome, evidence }) => {
    const said = escapeText(concealed(step));
    const words = evidence === null ? said : `${said} <small>· ${escapeText(concealed(evidence))}</small>`;
    return `<tr><td class="time">${outcome === 'skipped' ? '' : `${short(startMillis / scale.millis)} ${scale.unit}`}</td><td>${escapeText(number)}</td><td class="${outcome === 'failed' || outcome === 'crashed' ? 'fail' : ''}">${outcome}</td><td>${words}</td></tr>`;
  });
  return `<table><tr><th>time</th><th>step</th><th></th><th></th></tr>${rows.join('')}</table>`;
}

function checks(report: RunReport): string {
  const rows = report.checks.map(({ number, check, ok, judged, evidence, seen }) => {
    const verdict = !judged ? 'not judged' : ok ? 'held' : 'BROKEN';
    return `<tr><td>${escapeText(number)}</td><td>${escapeText(concealed(check))}</td><td class="${ok ? '' : 'fail'}">${verdict}</td><td>${escapeText(concealed(seen ?? evidence ?? ''))}</td></tr>`;
  });
  return `<table><tr><th>step</th><th>what</th><th></th><th>evidence</th></tr>${rows.join('')}</table>`;
}

function stories(facts: RunFacts): string {
  const all = [...facts.deliveries.values()];
  if (all.length === 0) return '<p class="none">Nobody wrote in this run.</p>';
  // Those that never arrived come first, then those that took longest.
  const slowness = (delivery: Delivery) => tookMillis(delivery) ?? Number.POSITIVE_INFINITY;
  const shown = [...all].sort((one, other) => (slowness(one) === slowness(other) ? 0 : slowness(other) - slowness(one))).slice(0, STORIES_MAX);
  const left = all.length - shown.length;
  const more = left > 0 ? `<p>${counted(left, 'quicker message')} more in deliveries.csv.</p>` : '';
  return `<p>${counted(all.length, 'message')}, the slowest first.</p>${shown.map(story).join('')}${more}`;
}

const EVENTS_MAX = 60;

function story(delivery: Delivery): string {
  const { id, from, to, inRoom, events } = delivery;
  const lastMillis = tookMillis(delivery);
  const where = inRoom ? ` at ${counted(delivery.shown.length, 'screen')}, the last` : '';
  const took = lastMillis === null ? 'not shown in this run' : `shown${where} after ${sayMillis(lastMillis)}`;
  const rows = [...events]
    .sort((one, other) => one.atMillis - other.atMillis)
    .slice(0, EVENTS_MAX)
    .map(({ atMillis, where, what }) => `<tr><td class="time">${short(atMillis)} ms</td><td>${escapeText(where)}</td><td>${escapeText(what)}</td></tr>`);
  const more = events.length > EVENTS_MAX ? `<p>and ${events.length - EVENTS_MAX} more</p>` : '';
  return `<details><summary>${escapeText(from)} → ${escapeText(to)}, <code>${escapeText(id)}</code>: ${took}</summary><table>${rows.join('')}</table>${more}</details>`;
}
