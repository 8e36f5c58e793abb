import { complete, pathBefore } from './complete.ts';
import { editorOfModel } from './model.ts';
import type { Turn } from './turn.ts';

/** Tab in a path: the node is asked what there is, since the path is its machine's. False: there is no path to complete. */
export function askPaths(turn: Turn): boolean {
  const editor = editorOfModel(turn.model);
  const path = pathBefore(editor.text.slice(0, editor.cursor));
  if (path === null || path === '' || turn.model.connection !== 'up' || turn.model.paths.of === path) return false;
  // Another Tab goes on among what was found.
  const { completion } = turn.model;
  if (completion !== null && completion.text === editor.text && completion.candidates.length > 1) return false;
  turn.call('file-paths', { path }, 'refresh');
  return true;
}

/** The node has answered: completes, unless somebody has typed on. */
export function takePaths(turn: Turn, of: string, found: readonly string[]): void {
  turn.set({ paths: { of, found } });
  const editor = editorOfModel(turn.model);
  if (pathBefore(editor.text.slice(0, editor.cursor)) !== of) return;
  const completed = complete(turn.model, editor, 1);
  if (completed === null) {
    turn.notice('info', 'Nothing is called so.');
    return;
  }
  turn.edit(completed.editor);
  turn.set({ completion: completed.completion });
}
