/** Whether each file is an image, and if not, why. */
import type { Probe } from '../../core/stage.js';
import { isUndecodable, PROBE_VERSION, probeImage } from '../../image/probe.js';

/** The answer for a JPEG that is used although its end marker is missing. */
export const WITHOUT_END = 'has no end marker, but all of its image data';

/** Whether a file of this answer is used. */
export function isUsable(answer: string): boolean {
  return answer === '' || answer === WITHOUT_END;
}

/** Answers '' for an image without faults, {@link WITHOUT_END}, or what is wrong with the file. */
export function imageProbe(maxMegapixels: number): Probe {
  return {
    version: `${PROBE_VERSION}/${maxMegapixels}`,
    of(bytes) {
      const probe = probeImage(bytes, maxMegapixels * 1e6);
      if (!probe.ok) return probe.reason;
      return probe.unended === true ? withoutEnd(bytes) : '';
    },
  };
}

/** Only decoding shows whether more than the end is missing. sharp is loaded only for such files. */
async function withoutEnd(bytes: Uint8Array): Promise<string> {
  const { createDecoder } = await import('../../image/decode.js');
  const decode = createDecoder({ width: 8, height: 8, interpolation: 'bilinear', orientation: 'stored' });
  try {
    await decode(bytes);
    return WITHOUT_END;
  } catch (error) {
    if (!isUndecodable(error)) throw error;
    return error.problems[0].found;
  }
}
