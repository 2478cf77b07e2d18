/** The end of a run with a shared cache: what is left of the uploads, and what came of them. */
import { bytesText } from '../core/text/bytes-text.js';
import type { SharedSummary } from '../store/shared/uploads.js';
import type { Session } from './session.js';

/** Waits until everything is shared that can be. Never rejects. */
export async function shareAll({ store, emit }: Session, signal: AbortSignal): Promise<void> {
  const { shared } = store;
  if (shared === undefined) return;
  if (shared.pending > 0)
    emit({
      event: 'note',
      code: 'sharing',
      text: `sharing ${amount(shared.pending, 'more item')} with the shared cache`,
    });
  for (const [code, text] of notesOf(await shared.settle(signal))) emit({ event: 'note', code, text });
}

export function* notesOf({ shared, bytes, failed }: SharedSummary): Generator<readonly [code: string, text: string]> {
  const sent = [amount(shared.result, 'result'), amount(shared.pack, 'pack of features', 'packs of features')];
  const texts = sent.filter((text) => text !== undefined);
  if (texts.length > 0) yield ['shared', `shared ${texts.join(' and ')} (${bytesText(bytes)})`];
  for (const [reason, number] of failed)
    yield ['not-shared', `not shared: ${amount(number, 'item')}, because ${reason}`];
}

/** `1 result`; undefined for none. */
function amount(number: number, one: string, many = `${one}s`): string | undefined {
  return number === 0 ? undefined : `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}
