/**
 * A flooding chat: what somebody says is passed on by everybody who hears it for the first time, to two neighbours each, so that
 * it reaches nodes that its writer cannot reach. A program is a machine without I/O: inputs come in by its methods, effects go
 * out through `env` (send, setTimer, save, show, state), and everything takes effect after the turn.
 */

const NEIGHBOURS = 2;

/** The nodes after this one in the order of names. */
function neighbours(env) {
  const all = [...env.peers, env.name].sort((one, other) => (one < other ? -1 : 1));
  const at = all.indexOf(env.name);
  return [...all.slice(at + 1), ...all.slice(0, at)].slice(0, NEIGHBOURS);
}

export function program(env) {
  /** What was heard, by id, in the order of hearing. It is saved, so that a restart shows nothing twice. */
  const lines = new Map((env.load('lines') ?? []).map((line) => [line.id, line]));

  function hear(line, except) {
    if (lines.has(line.id)) return;
    lines.set(line.id, line);
    env.save('lines', [...lines.values()]);
    env.show('line', line.id, { from: line.from });
    for (const name of neighbours(env)) if (name !== except) env.send(name, { type: 'line', line });
  }

  return {
    receive(from, message) {
      if (message.type === 'line') hear(message.line, from);
    },

    command(name, args, answer) {
      if (name === 'say') {
        hear({ id: env.freshId(), from: env.name, text: String(args.text) }, null);
        answer.done();
      } else if (name === 'lines') {
        answer.done([...lines.values()].map((line) => `${line.from}: ${line.text}`));
      } else {
        answer.refuse(`there is no command ${name}; there are say and lines`);
      }
    },
  };
}

/** Checkers read the trace of the whole run. Each says holds, broken (with the events that show it) or not-judged. */
export const checks = [
  {
    name: 'once-on-every-screen',
    about: 'No line is shown twice at a node.',
    judge(trace) {
      const seen = new Map();
      for (const { id, node, detail } of trace) {
        if (detail.type !== 'shown' || detail.what !== 'line') continue;
        const key = `${node} ${detail.id}`;
        if (seen.has(key)) return { outcome: 'broken', evidence: `${node} was shown ${detail.id} twice`, events: [seen.get(key), id] };
        seen.set(key, id);
      }
      return seen.size === 0 ? { outcome: 'not-judged', evidence: 'nothing was shown' } : { outcome: 'holds', evidence: `${seen.size} lines` };
    },
  },
];
