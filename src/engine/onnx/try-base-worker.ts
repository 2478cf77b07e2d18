/** The process that runs an ONNX base for the first time. Its parent kills it at any time. */
import { endWithParent } from '../../core/child.js';
import { failureParts } from '../../core/problem.js';
import { readNetwork } from '../../model/onnx/read-network.js';
import { readOnnxBase } from './read-base.js';
import type { TryRequest, TryResponse } from './try-base.js';

async function answer({ path, files, options }: TryRequest): Promise<TryResponse> {
  try {
    const { tried } = await readOnnxBase(await readNetwork(path, files, options.where), options);
    return { kind: 'tried', tried };
  } catch (error) {
    return { kind: 'failed', failure: failureParts(error, options.where) };
  }
}

endWithParent();
process.on('message', (request: TryRequest) => void answer(request).then((response) => process.send?.(response)));
