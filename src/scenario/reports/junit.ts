import type { CheckReport, RunReport, StepReport } from '../report.ts';
import { concealed } from '../words.ts';
import { escapeText } from './svg.ts';

type Outcome = 'ok' | 'failure' | 'error' | 'skipped';

interface TestCase {
  readonly title: string;
  readonly seconds: number;
  readonly outcome: Outcome;
  readonly why: string;
}

const OUTCOMES: Readonly<Record<StepReport['outcome'], Outcome>> = { ok: 'ok', failed: 'failure', crashed: 'error', skipped: 'skipped' };

/**
 * JUnit XML as build servers read it: a test case for each step and each check. What went wrong stands in the attribute and in the
 * text of its element, since some show the one and some the other.
 */
export function junitXml(report: RunReport): string {
  const name = escapeText(`confab.${report.scenario}.${report.engine}`);
  const judged = [...report.steps.map(stepCase), ...report.checks.filter(({ number }) => number === 'trace').map(checkCase)];
  const isTold = report.verdict === 'pass' || judged.some(({ outcome }) => outcome === 'failure' || outcome === 'error');
  // A run may break between its steps, at its deadline for one.
  const whole: TestCase = { title: 'the run', seconds: 0, outcome: report.verdict === 'crash' ? 'error' : 'failure', why: report.reason ?? '' };
  const cases = isTold ? judged : [...judged, whole];
  const count = (wanted: Outcome) => cases.filter(({ outcome }) => outcome === wanted).length;
  const totals = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${(report.virtualMillis / 1_000).toFixed(3)}"`;
  const facts = { engine: report.engine, seed: String(report.seed), verdict: report.verdict, trace: report.trace.sha256 };
  const properties = Object.entries(facts).map(([key, value]) => `      <property name="${key}" value="${escapeText(value)}"/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${totals}>
  <testsuite name="${name}" ${totals}>
    <properties>
${properties.join('\n')}
    </properties>
${cases.map((each) => element(each, name)).join('\n')}
  </testsuite>
</testsuites>
`;
}

function stepCase({ number, step, outcome, tookMillis, evidence }: StepReport): TestCase {
  const why = outcome === 'skipped' ? 'the run had ended' : (evidence ?? outcome);
  return { title: `step ${number}: ${step}`, seconds: tookMillis / 1_000, outcome: OUTCOMES[outcome], why };
}

function checkCase({ check, ok, judged, seen, evidence, tookMillis }: CheckReport): TestCase {
  const outcome = !judged ? 'skipped' : ok ? 'ok' : 'failure';
  return { title: `check ${check}`, seconds: tookMillis / 1_000, outcome, why: judged ? (seen ?? '') : (evidence ?? '') };
}

function element({ title, seconds, outcome, why }: TestCase, suite: string): string {
  const text = (value: string) => escapeText(concealed(value));
  const head = `    <testcase classname="${suite}" name="${text(title)}" time="${seconds.toFixed(3)}"`;
  switch (outcome) {
    case 'ok':
      return `${head}/>`;
    case 'skipped':
      return `${head}><skipped message="${text(why)}"/></testcase>`;
    case 'failure':
    case 'error':
      return `${head}><${outcome} type="${outcome}" message="${text(why)}">${text(why)}</${outcome}></testcase>`;
  }
}
