// The clean-up of old rows: a button that begins it, and how far the run is that is under way, here or on another instance.
import { h, replace, slot } from '../lib/dom.js';
import { change, read } from '../lib/api.js';
import { number } from '../lib/format.js';
import { pause } from '../lib/waiting.js';
import { t } from '../lib/words.js';
import { ask } from './dialog.js';
import { whileBusy } from './form.js';
import { notice, problem } from './notice.js';
import { withProgress } from './progress.js';

const lookMilliseconds = 1000;
const stillLooks = 10;

export function readCleanup(signal) {
  return read('/flow/quota/cleanup/stats', {}, signal);
}

/**
 * Gives { elements, watch }. `watch` shows how far the run is, until it ends.
 * @param refresh called when a run has ended
 */
export function cleanup(refresh, signal) {
  const progress = slot();
  const outcome = h('div', { 'aria-live': 'polite' });
  const button = h('button', { class: 'button', type: 'button' }, t('cleanup.do'));
  let isWatched = false;
  let isRunningHere = false;
  let isStopped = false;

  async function watch() {
    if (isWatched) {
      return;
    }
    isWatched = true;
    try {
      const isOver = await withProgress(progress, t('cleanup.removing'), (stop, report) => follow(AbortSignal.any([stop, signal]), report));
      if (!isOver) {
        await stopRun();
      }
      refresh();
    } catch (error) {
      if (error.name !== 'AbortError') {
        replace(outcome, problem(error));
      }
    } finally {
      isWatched = false;
    }
  }

  /** Looks again and again, until no run is left. */
  async function follow(ended, report) {
    let before = null;
    for (let still = 0; ; still++) {
      const stats = await readCleanup(ended);
      const removed = stats.unfinished_run?.deleted_count ?? null;
      if (removed === null && !isRunningHere) {
        return;
      }
      report(removed ?? 0, stats.expired_count === null ? null : (removed ?? 0) + stats.expired_count);
      if (removed !== before) {
        [before, still] = [removed, 0];
      } else if (still === stillLooks && !isRunningHere) {
        replace(outcome, notice('info', t('cleanup.still')));
      }
      await pause(lookMilliseconds, ended);
    }
  }

  async function stopRun() {
    signal.throwIfAborted();
    const wasRunningHere = isRunningHere;
    isStopped = true;
    replace(outcome, h('p', { class: 'muted' }, t('cleanup.stopping')));
    await change('POST', '/flow/quota/cleanup/stop');
    // A run that was begun here may not have reached the server before that.
    while (isRunningHere) {
      await pause(lookMilliseconds, signal);
      await change('POST', '/flow/quota/cleanup/stop');
    }
    if (!wasRunningHere) {
      replace(outcome, notice('info', t('cleanup.stopped')));
    }
  }

  /** One request removes rows for some minutes, so a long run takes several. */
  async function run() {
    [isRunningHere, isStopped] = [true, false];
    replace(outcome);
    watch();
    try {
      let run;
      let count = 0;
      do {
        run = await change('POST', '/flow/quota/cleanup/trigger');
        count += run.deleted_count;
      } while (!run.completed && !run.already_running && !run.stopped && !isStopped);
      replace(outcome, result(run, count));
    } catch (error) {
      replace(outcome, problem(error, { isChange: true }));
    } finally {
      isRunningHere = false;
    }
  }

  button.addEventListener('click', async () => {
    if (await ask({ title: t('cleanup.title'), text: t('cleanup.text'), confirm: t('cleanup.do') })) {
      await whileBusy(button, run);
    }
  });
  return { elements: [h('div', { class: 'row' }, button), progress, outcome], watch };
}

function result(run, count) {
  if (run.already_running) {
    return notice('info', t('cleanup.already'));
  }
  return run.completed ? notice('good', t('cleanup.done', { count: number(count) })) : notice('info', t('cleanup.partly', { count: number(count) }));
}
