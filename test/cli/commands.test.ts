import test from 'ava';
import { registerCommands } from '../../src/cli/commands.ts';
import { makeContext } from '../../src/cli/context.ts';
import { makeProgram } from '../../src/cli/program.ts';
import { argsOf } from '../../src/engine/node-order.ts';

async function registered(...args: string[]): Promise<string[]> {
  const program = makeProgram();
  await registerCommands(program, makeContext(program), args);
  return program.commands.map((command) => command.name());
}

test('a node loads no command but its own, also as whoever starts it writes that down', async (t) => {
  const files = { traceFile: null, recordFile: null, program: null, conduct: null, faultsFile: null };
  const order = {
    node: 'alice',
    network: 'x',
    seedUrl: null,
    peers: [],
    beacon: false,
    interfaceAddress: '127.0.0.1',
    traceFrames: true,
    coreOptions: '{}',
    ...files,
  };
  t.deepEqual(await registered(...argsOf('up', order)), ['node']);
  t.deepEqual(await registered('--plain', '--root=run', 'ps'), ['ps']);
});

test('help and slips see all commands', async (t) => {
  const all = await registered();
  t.true(all.length > 10);
  for (const args of [['--help', 'node'], ['--root', 'node'], ['--root', 'run', 'nod'], ['toString'], ['help', 'node']])
    t.deepEqual(await registered(...args), all, args.join(' '));
});
