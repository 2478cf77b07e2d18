/** The cost of a run in a few lines. */
import { bytesText } from '../core/text/bytes-text.js';
import { LARGEST_SHARE, type Estimate } from '../core/estimate.js';
import { duration, firstOf, printable } from './words.js';
import { wrapBeside } from './wrap.js';

/** Width of the label of each line. */
const HEAD = 10;

/**
 * No lines if nothing expensive is left to do. Failures of a run are not among them: they are shown as problems. `waysOut` is the advice if features do not fit the disk.
 */
export function costLines(cost: Estimate, waysOut: string, width = Infinity): string[] {
  return linesOf(cost, waysOut).map((line) => `${line.slice(0, HEAD)}${wrapBeside(line.slice(HEAD), HEAD, width)}`);
}

function linesOf(cost: Estimate, waysOut: string): string[] {
  const unknown = cost.unknown
    .filter(({ fails }) => !fails)
    .map(({ stage, reason }) => printable(`unknown   ${stage}: ${reason}`));
  if (cost.stages.length === 0 || (cost.unknown.length > 0 && cost.extract + cost.reused === 0)) return unknown;
  const upTo = cost.exact ? '' : 'up to ';
  const lines = [
    `features  ${upTo}${cost.extract.toLocaleString('en-US')} to extract, one per image and view; ${cost.reused.toLocaleString('en-US')} reused`,
  ];
  const sized = cost.stages.every(({ bytes }) => bytes !== undefined);
  if (!sized) lines.push(`disk      unknown until the base is known; ${bytesText(cost.freeBytes)} free`);
  else if (cost.bytes > 0)
    lines.push(`disk      ${upTo}${bytesText(cost.bytes)} of features; ${bytesText(cost.freeBytes)} free`);
  lines.push(`time      ${timeOf(cost)}`);
  if (!cost.fits)
    lines.push(
      `          a run would stop: features may use at most ${LARGEST_SHARE * 100}% of the free disk space. To fix this: ${waysOut}`,
    );
  return [...lines, ...unknown];
}

function timeOf({ ms, unmeasured, exact }: Estimate): string {
  const known =
    ms === undefined || (ms === 0 && unmeasured.length > 0)
      ? ''
      : `${exact ? 'about' : 'up to about'} ${duration(Math.max(1000, ms))}`;
  if (unmeasured.length === 0) return known;
  const missing = `not measured on this machine yet (${firstOf(unmeasured)})`;
  return known === '' ? missing : `${known}, plus work not measured on this machine yet (${firstOf(unmeasured)})`;
}
