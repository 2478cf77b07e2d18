/** What the server says about its model, and the model's files. */
import type { ServedFacts } from '../model/served-facts.js';

export async function fetchFacts(): Promise<ServedFacts> {
  const answer = await fetch('/api/model');
  if (!answer.ok) throw new Error(`the server responded with ${answer.status}`);
  return (await answer.json()) as ServedFacts;
}

/** A file of the model. The server's own reason is shown if it has a different model now. */
export async function fetchModelFile(...[path, init]: Parameters<typeof fetch>): Promise<Response> {
  const answer = await fetch(path, init);
  if (answer.status !== 409) return answer;
  throw new Error(((await answer.json()) as { readonly error: string }).error);
}
