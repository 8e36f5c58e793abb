import test from 'ava';
import type { Link } from '../../src/core/link/link.ts';
import { Attempts } from '../../src/core/membership/attempts.ts';
import { RandomLinks } from '../../src/core/membership/random-links.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import type { NodeId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';

/** What random links see of a node: others by name, who is linked with it, and the clock. */
class Stage {
  readonly #env = { monotonicMillis: 0, random: new SeededRandom('random links') };
  /** Opened links and whether they are up. */
  readonly links = new Map<string, boolean>();
  readonly attempts: Attempts;
  readonly random: RandomLinks;

  constructor(known: number) {
    const parts = {
      env: this.#env,
      options: CORE_OPTIONS,
      session: { nodeId: 'self' },
      view: { nodes: () => Array.from({ length: known }, (_, index) => ({ authorId: `node${index}`, body: { gone: false } })) },
      links: {
        all: () => [...this.links].map(() => ({ wanted: false }) as Link),
        of: (id: NodeId) => (this.links.has(id) ? ({} as Link) : undefined),
        upLinks: () => [...this.links.values()].filter((up) => up),
      },
    } as unknown as Parts;
    this.attempts = new Attempts(parts);
    this.random = new RandomLinks(parts, this.attempts, (id) => {
      this.links.set(id, false);
      this.attempts.failed(id);
    });
  }

  get now(): number {
    return this.#env.monotonicMillis;
  }

  set now(millis: number) {
    this.#env.monotonicMillis = millis;
  }

  answered(): void {
    for (const id of this.links.keys()) this.links.set(id, true);
  }

  nobodyAnswers(): void {
    this.links.clear();
  }
}

test('whoever joins opens a few links at a time, and none any more when others have opened enough', (t) => {
  const stage = new Stage(100);
  const dueMillis = stage.random.open();
  t.is(stage.links.size, 2);
  t.is(stage.random.open(), dueMillis, 'each news of somebody else brings a look');
  t.is(stage.links.size, 2);
  stage.answered();
  stage.now = dueMillis;
  stage.random.open();
  t.is(stage.links.size, 4);
  for (let other = 0; other < 6; other += 1) stage.links.set(`other${other}`, true);
  stage.now += 10_000;
  t.is(stage.random.open(), Number.POSITIVE_INFINITY);
  t.is(stage.links.size, 10);
});

test('where those who were tried do not answer, all that are missing are tried at once', (t) => {
  const stage = new Stage(100);
  stage.now = stage.random.open();
  stage.nobodyAnswers();
  stage.random.open();
  t.is(stage.links.size, CORE_OPTIONS.randomLinkCount);
});

test('it says when the first of those may be tried again who did not answer', (t) => {
  const stage = new Stage(2);
  stage.random.open();
  t.is(stage.links.size, 2);
  stage.nobodyAnswers();
  stage.now = 1;
  const dueMillis = stage.random.open();
  t.is(dueMillis, Math.min(stage.attempts.nextMillis('node0' as NodeId), stage.attempts.nextMillis('node1' as NodeId)));
  stage.now = Math.max(dueMillis, 900);
  stage.random.open();
  t.true(stage.links.size > 0);
});
