import test from 'ava';
import { DRIVER_REGISTRY } from '../../src/control/driver-registry.ts';
import { REGISTRY } from '../../src/control/registry.ts';
import { COMMAND_NAMES } from '../../src/core/command-handlers.ts';

const DRIVER_COMMANDS = DRIVER_REGISTRY.map((entry): string => entry.name);

test('the registry and the core know the same commands', (t) => {
  const registered = REGISTRY.map((entry) => entry.name as string).filter((name) => !DRIVER_COMMANDS.includes(name));
  t.deepEqual(registered.toSorted(), [...COMMAND_NAMES].sort());
});
