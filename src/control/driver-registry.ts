import { anything, list, optional, record, text } from '../core/shape.ts';
import type { CommandEntry } from './registry.ts';
import { machineFaultShapes, RULES_MAX, ruleShape } from './rule-shapes.ts';

const nothing = {};

/** What the driver of a node answers by itself, for scripts and the lab: its entries of the one registry. */
export const DRIVER_REGISTRY = [
  {
    name: 'fault',
    slash: ['/fault'],
    summary: 'Break lines and machines of this network on purpose, and heal them (/fault help)',
    args: { words: optional(text(0, 1_000)) },
    positional: ['words'],
    rest: true,
    complete: { words: 'fault' },
    when: 'always',
    example: '/fault cut alice bob',
  },
  { name: 'ping', slash: [], summary: 'Is the node there?', args: nothing, positional: [], when: 'always', example: '' },
  { name: 'subscribe', slash: [], summary: 'Send events from now on', args: nothing, positional: [], when: 'always', example: '' },
  {
    name: 'set-rules',
    slash: [],
    summary: 'Replace the fault rules of this node',
    args: { rules: list(ruleShape, RULES_MAX) },
    positional: [],
    when: 'always',
    example: '',
  },
  {
    name: 'program-meet',
    slash: [],
    summary: 'Tell the program of this node where others are; the first time it starts',
    args: { peers: list(record({ name: text(1, 64), endpoint: text(1, 512) }), 100_000) },
    positional: [],
    when: 'always',
    example: '',
  },
  {
    name: 'program-do',
    slash: [],
    summary: 'A command of the program of this node',
    args: { name: text(1, 64), args: anything },
    positional: [],
    when: 'always',
    example: '',
  },
  {
    name: 'set-faults',
    slash: [],
    summary: "Replace the faults of this node's machine: a full disk, a wrong clock",
    args: machineFaultShapes,
    positional: [],
    when: 'always',
    example: '',
  },
  { name: 'faults', slash: [], summary: 'What this node is made to suffer', args: nothing, positional: [], when: 'always', example: '' },
  { name: 'stop', slash: [], summary: 'End this node in order', args: nothing, positional: [], when: 'always', example: '' },
] as const satisfies readonly CommandEntry[];
