import type { Action, Effect } from './actions.ts';
import { refreshAll, takeAnswer, takeFailure } from './answers.ts';
import { isLoggedIn } from './catalogue.ts';
import { keepDrafts } from './drafts.ts';
import { takeEvent } from './events.ts';
import { currentNotice, type Model } from './model.ts';
import { interrupt, press } from './press.ts';
import { submit } from './submit.ts';
import { Turn } from './turn.ts';

/** The one step of the terminal: what happened, at what time, to the next model and what is to be done. Pure. */
export function update(model: Model, action: Action, nowMillis: number = model.nowMillis): { readonly model: Model; readonly effects: readonly Effect[] } {
  const turn = new Turn(action.type === 'tick' || nowMillis === model.nowMillis ? model : { ...model, nowMillis });
  apply(turn, action);
  return { model: turn.model, effects: turn.effects };
}

function apply(turn: Turn, action: Action): void {
  switch (action.type) {
    case 'key':
      press(turn, action.key);
      return;
    case 'line':
      turn.set({ leaving: false });
      submit(turn, action.text);
      return;
    case 'interrupt':
      interrupt(turn);
      return;
    case 'resize':
      turn.set({ columns: action.columns, rows: action.rows });
      return;
    case 'tick':
      tick(turn, action.nowMillis);
      return;
    case 'connection':
      connection(turn, action.state, action.reason);
      return;
    case 'event':
      takeEvent(turn, action.event);
      return;
    case 'answer':
      turn.set({ pending: Math.max(0, turn.model.pending - 1) });
      takeAnswer(turn, action.call, action.value);
      return;
    case 'failure':
      turn.set({ pending: Math.max(0, turn.model.pending - 1) });
      takeFailure(turn, action.call, action.failure);
      return;
  }
}

/** Time has passed. The model stays the same object unless something that is shown has changed. */
function tick(turn: Turn, nowMillis: number): void {
  const { model } = turn;
  keepDrafts(turn);
  const sameMinute = Math.floor(model.nowMillis / 60_000) === Math.floor(nowMillis / 60_000);
  if (!sameMinute || currentNotice(model) !== null) turn.set({ nowMillis });
  if (model.infoStale && model.connection === 'up') {
    turn.set({ infoStale: false });
    turn.call('info', {}, 'refresh');
  }
}

function connection(turn: Turn, state: 'up' | 'down', reason: string | undefined): void {
  const before = turn.model.connection;
  turn.set({ connection: state });
  if (state === 'up') {
    // Where nobody is logged in the screen itself says so; only the old notice goes.
    if (before === 'down' && isLoggedIn(turn.model)) turn.notice('info', 'The node is back.');
    else turn.set({ dismissed: turn.model.noticeCount });
    turn.call('info', {}, 'refresh');
    if (isLoggedIn(turn.model)) refreshAll(turn);
  } else if (reason !== undefined) {
    turn.notice('warning', reason);
  } else if (before !== 'down') {
    turn.notice('warning', 'The node has gone away. Your draft is kept; trying again.');
  }
}
