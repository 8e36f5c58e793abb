/** What a bot says. Pure: the same memory, text and random numbers give the same words. */

/** What a bot remembers of one person while its process runs. */
export interface Memory {
  /** Whom it talks with. */
  readonly name: string;
  /** What they asked to be called, or null. */
  calledName: string | null;
  greeted: boolean;
  /** Something they said that they like, to come back to. */
  topic: string | null;
  /** Index of the next tip. */
  tipCount: number;
  /** Texts that were received. */
  heardCount: number;
  /** What was said lately, so that it is not said again at once. */
  readonly said: string[];
  lastHeard: string;
}

export interface Persona {
  readonly name: string;
  /** What a status text says while all is well. */
  readonly moods: readonly string[];
  /** Why this bot goes away. */
  readonly errands: readonly string[];
  readonly about: string;
  readonly likes: string;
}

export interface TalkContext {
  readonly persona: Persona;
  readonly memory: Memory;
  /** A double in [0, 1). */
  readonly random: () => number;
  /** Other bots that may be named. */
  readonly companions: readonly string[];
  /** What the clock on the wall shows, `14:05`. */
  readonly clockText: string;
}

const SAID_MAX = 8;
const QUOTE_LENGTH_MAX = 40;

/** Things to try, in the order in which a newcomer gets most out of them. */
export const TIPS: readonly string[] = [
  'Try /status away at lunch: I see it before you have put the kettle on.',
  'Type /ticks after a message: it shows who signed the receipt, and when.',
  'Open a second terminal in the same folder and run "confab ps": every one of us is a process of our own.',
  'Ask for the seed server\'s pid with "confab ps" and end it with kill. Then write to me again: we do not need it to talk.',
  'Run "confab stop bob carol" in another terminal and write to one of us: your node keeps the message until we are back ("confab node bob").',
  'Try "confab inspect alice" in another terminal: it lists what lies in a folder, sealed things stay sealed.',
  'Run "confab tui dave" in another terminal and there is one more of us.',
  'Run "confab run scenarios/kill-and-recover.yaml": it ends nodes the hard way and looks whether a word got lost.',
  'Run "confab run scenarios/fifty-users.yaml --engine sim": fifty of us in virtual time.',
  'Press Alt-Enter for a new line, and write me something long or in any script you like. 🌍',
];

export function freshMemory(name: string): Memory {
  return { name, calledName: null, greeted: false, topic: null, tipCount: 0, heardCount: 0, said: [], lastHeard: '' };
}

interface TalkRule {
  readonly hears: RegExp;
  answer(found: RegExpMatchArray, context: TalkContext): readonly string[];
}

function callOf({ memory }: TalkContext): string {
  return memory.calledName ?? memory.name;
}

function nextTip({ memory }: TalkContext): string {
  const tip = TIPS[memory.tipCount % TIPS.length] as string;
  memory.tipCount += 1;
  return tip;
}

/** The first rule that hears something answers; so the more particular ones come first. */
const RULES: readonly TalkRule[] = [
  {
    hears: /\b(?:my name is|call me|i am called)\s+([\p{L}][\p{L}\p{M}'-]{0,30})/iu,
    answer(found, context) {
      context.memory.calledName = found[1] ?? null;
      return [`${callOf(context)} it is. I am ${context.persona.name}, as it says above.`, `Nice to meet you, ${callOf(context)}!`];
    },
  },
  {
    hears: /\bi (?:really )?(?:like|love|enjoy|adore)\s+([^.!?\n]{2,60})/iu,
    answer(found, context) {
      context.memory.topic = (found[1] ?? '').trim();
      const topic = quoted(context.memory.topic);
      return [`What is it about ${topic} that you like?`, `${capital(topic)}! I am more one for ${context.persona.likes}, but go on.`];
    },
  },
  {
    hears: /(-?\d{1,9})\s*([+*x×-])\s*(-?\d{1,9})/u,
    answer(found) {
      const [left, right] = [Number(found[1]), Number(found[3])];
      const result = found[2] === '+' ? left + right : found[2] === '-' ? left - right : left * right;
      return [`${result}, unless my fingers are wrong.`, `That makes ${result}. Try something harder.`];
    },
  },
  {
    hears: /\b(?:help|what (?:can|should|shall|do) i|what (?:now|next)|how do i|tips?|idea|try|bored)\b/iu,
    answer(_, context) {
      return [nextTip(context)];
    },
  },
  {
    hears: /\bseed server\b|\bserver\b|\bcentral\b/iu,
    answer() {
      return [
        'The seed server only introduces people. "confab ps" tells its pid; kill it and write to me again, I will still answer.',
        'No server reads this: your node talks straight to mine. Stop the seed server and see.',
      ];
    },
  },
  {
    hears: /\b(?:encrypt\w*|secret|secure|privacy|private|safe|password)\b/iu,
    answer() {
      return [
        'What you write is sealed for me alone before it leaves your node. Not even your disk holds it in clear.',
        'Mine is 32 characters of noise, and I have already forgotten it. Keep yours to yourself.',
      ];
    },
  },
  {
    hears: /\b(?:offline|away|gone|come back|where (?:were|have) you)\b/iu,
    answer(_, { persona }) {
      return [
        `I go away now and then (${persona.errands[0]}). Write all the same: your node and a few others keep it until I am back.`,
        'When I am gone your message gets one tick, with the names of those who keep it, and two once I have it. Try /why.',
      ];
    },
  },
  {
    hears: /\b(?:are you (?:a )?(?:bot|robot|human|real|machine|program|ai)|bot\?)/iu,
    answer(_, { persona, companions }) {
      const other = companions[0] === undefined ? '' : ` ${companions[0]} too, but do not tell.`;
      return [
        `A small one: some rules and a dice.${other}`,
        `I am ${persona.name}, ${persona.about}. And yes, a program. The network between us is real, though.`,
      ];
    },
  },
  {
    hears: /\b(?:who are you|about you(?:rself)?|what do you do|your name)\b/iu,
    answer(_, { persona }) {
      return [`I am ${persona.name}, ${persona.about}.`, `${capital(persona.name)}: ${persona.about}. I like ${persona.likes}.`];
    },
  },
  {
    hears: /\b(?:how are you|how(?:'s| is) it going|how do you do|what(?:'s| is) up|are you (?:ok|well|fine))\b/iu,
    answer(_, { persona, random }) {
      const mood = pick(persona.moods, random);
      return [`Fine, thank you: ${mood}. And you?`, `Can't complain, ${mood}. How about you?`];
    },
  },
  {
    hears: /\b(?:time|clock|late|early)\b.*\?|\bwhat time\b/iu,
    answer(_, { clockText }) {
      return [`My node's clock says ${clockText}.`, `${clockText} here. Clocks of two machines never quite agree, mind you.`];
    },
  },
  {
    hears: /\b(?:where are you|where do you live)\b/iu,
    answer(_, { persona }) {
      return [`In a folder of my own: nodes/${persona.name}/. Cosy.`, 'A few microseconds away from you, on the same laptop.'];
    },
  },
  {
    hears: /\b(?:thanks?|thank you|thx|cheers)\b/iu,
    answer(_, context) {
      return ['You are welcome!', `Any time, ${callOf(context)}.`, 'Not at all.'];
    },
  },
  {
    hears: /\b(?:bye|goodbye|see you|good night|later|ciao|gotta go)\b/iu,
    answer(_, context) {
      return [`See you, ${callOf(context)}!`, 'Bye! Choose 0 to leave; we all stop with you and remember everything.', 'Until soon. 👋'];
    },
  },
  {
    hears: /\b(?:joke|funny|laugh)\b/iu,
    answer() {
      return [
        'I know a good one about UDP, but you might not get it.',
        'Two nodes walk into a bar. "A beer", says the first. "Acknowledged", says the second, three times.',
        'There are two hard things in networks: 2. exactly-once delivery, 1. order, 2. exactly-once delivery.',
      ];
    },
  },
  {
    hears: /\b(?:sorry|oops|never ?mind)\b/iu,
    answer() {
      return ['No harm done.', 'Nothing to be sorry for.'];
    },
  },
  {
    hears: /^(?:hi|hiya|hello|hey|hallo|moin|good (?:morning|evening|afternoon|day)|servus|salut|hola|ciao|yo)\b/iu,
    answer(_, context) {
      const again = context.memory.greeted;
      context.memory.greeted = true;
      if (again) return [`Hello again, ${callOf(context)}.`, 'Still here!', `Hi, hi. ${capital(pick(context.persona.moods, context.random))}.`];
      return [`Hello ${callOf(context)}! How are you?`, `Hi ${callOf(context)}, good to see you on line. Ask me for a tip if you want to try things.`];
    },
  },
  {
    hears: /\b(?:fine|good|great|well|ok(?:ay)?|not bad|splendid|excellent)\b[.!]?$/iu,
    answer(_, context) {
      return ['Glad to hear it.', `Good! By the way: ${lowered(nextTip(context))}`];
    },
  },
  {
    hears: /^(?:yes|yeah|yep|sure|of course|no|nope|nah|maybe|perhaps)\b/iu,
    answer(found) {
      const word = found[0].toLowerCase();
      if (word.startsWith('n')) return ['Fair enough.', 'As you like.'];
      return word.startsWith('m') || word.startsWith('p') ? ['Take your time.', 'Think it over.'] : ['I thought so.', 'Then tell me more.'];
    },
  },
];

/** The answer to a text. Changes the memory. */
export function answerTo(text: string, context: TalkContext): string {
  const { memory } = context;
  memory.heardCount += 1;
  const repeated = text.trim() !== '' && text === memory.lastHeard;
  memory.lastHeard = text;
  const choices = repeated ? ['You said that already. 🙂', 'Twice the same? Then I take it that you mean it.'] : choicesFor(text, context);
  return say(choices, context);
}

function choicesFor(text: string, context: TalkContext): readonly string[] {
  for (const rule of RULES) {
    const found = text.match(rule.hears);
    if (found !== null) return rule.answer(found, context);
  }
  return smallTalk(text, context);
}

/** When no rule hears anything: take up what was said, or go on about something. */
function smallTalk(text: string, context: TalkContext): readonly string[] {
  const { memory, persona, companions } = context;
  const characters = Array.from(text).length;
  if (characters > 400) return [`That was long: ${characters} characters, and every one arrived. I shall read it slowly.`];
  if (/^[\p{Extended_Pictographic}\p{Emoji_Component}\s]+$/u.test(text) && !/\d/.test(text)) return [`${text.trim()} right back.`, '🙂', '🎉'];
  if (text.includes('?'))
    return [
      `Good question. What do you think?`,
      `"${quoted(text)}" I would have to ask ${companions[0] ?? 'around'}.`,
      `Hm. ${capital(persona.likes)} is more my subject.`,
    ];
  const general = [
    `"${quoted(text)}" Say more?`,
    `Noted: ${quoted(text)}.`,
    `I was just ${pick(persona.moods, context.random)}. What makes you say that?`,
    `By the way: ${lowered(nextTip(context))}`,
  ];
  return memory.topic === null ? general : [...general, `And ${quoted(memory.topic)}, do you still like it?`];
}

/** What a bot says by itself. */
export function opener(context: TalkContext): string {
  const { persona, memory } = context;
  return say(
    [
      `Hello ${memory.calledName ?? memory.name}! I am ${persona.name}, ${persona.about}. Ask me for a tip if you wonder what to try.`,
      `Hi ${memory.calledName ?? memory.name}, nice that we are friends now. I was just ${pick(persona.moods, context.random)}.`,
    ],
    context,
  );
}

/** What two bots say to each other when nothing goes on. */
export function chatter(context: TalkContext): string {
  const { persona } = context;
  return say([`I am ${pick(persona.moods, context.random)}. You?`, `Have you heard anything new?`, `Time for ${persona.likes}, don't you think?`], context);
}

/** One of the choices; where all were said lately, the one that was said longest ago. */
function say(choices: readonly string[], { memory, random }: TalkContext): string {
  const fresh = choices.filter((choice) => !memory.said.includes(choice));
  const oldest = choices.toSorted((a, b) => memory.said.lastIndexOf(a) - memory.said.lastIndexOf(b)).slice(0, 1);
  const chosen = pick(fresh.length > 0 ? fresh : oldest, random);
  memory.said.push(chosen);
  if (memory.said.length > SAID_MAX) memory.said.shift();
  return chosen;
}

export function pick<Value>(values: readonly Value[], random: () => number): Value {
  return values[Math.min(values.length - 1, Math.floor(random() * values.length))] as Value;
}

/** A piece of somebody's text that is fit to be repeated: one line, short. */
function quoted(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  const characters = Array.from(line);
  return characters.length > QUOTE_LENGTH_MAX ? `${characters.slice(0, QUOTE_LENGTH_MAX - 1).join('')}…` : line;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
