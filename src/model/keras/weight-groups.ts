/**
 * Weights in Keras's older HDF5 layout: a group a layer, listed in `layer_names`, whose `weight_names` are the paths of
 * its datasets. Format: keras/src/legacy/saving/legacy_h5_format.py (load_weights_from_hdf5_group).
 */
import type { WeightSpec } from '../graph.js';
import { withoutSlashes } from '../layers-model/outline.js';
import type { Tensor, Weights } from '../tensor.js';
import { damaged, type Hdf5File } from './hdf5.js';

type Role = WeightSpec['role'];

/** What Keras 2 and 3 call weights; Keras 1 called a few otherwise, and its `running_std` is the variance. */
const roles: Readonly<Record<string, Role>> = {
  kernel: 'kernel',
  depthwise_kernel: 'depthwise_kernel',
  pointwise_kernel: 'pointwise_kernel',
  bias: 'bias',
  gamma: 'gamma',
  beta: 'beta',
  moving_mean: 'moving_mean',
  moving_variance: 'moving_variance',
  // Of Normalization.
  mean: 'moving_mean',
  variance: 'moving_variance',
  // LayerScale of Keras 3 does not name its scale.
  variable: 'gamma',
  W: 'kernel',
  b: 'bias',
  running_mean: 'moving_mean',
  running_std: 'moving_variance',
};
const longestFirst = Object.keys(roles).sort((a, b) => b.length - a.length);

/** The name of a layer in the network, by the group that its weights are in and its own name there, which may be below others. */
export type NameInNetwork = (group: string, own: string) => string;

/**
 * The weights of the layer groups under `root` (empty for the file itself), as `layer/role` in the file's order. A group
 * of an inner model has the weights of all its layers, each named by its own: `nameIn` finds those.
 * Throws `bad-data`.
 */
export function readWeightGroups(
  file: Hdf5File,
  root: string,
  where: string,
  nameIn: NameInNetwork = withoutSlashes,
): Weights {
  if (file.text(root, 'backend') === 'theano') {
    throw damaged(
      where,
      'these weights are from Theano, whose kernels are flipped',
      'weights of the TensorFlow backend',
    );
  }
  const layers = file.texts(root, 'layer_names');
  if (layers === undefined)
    throw damaged(where, 'it lists no layers', "a .h5 file as Keras's `save_weights` writes it");
  const weights = new Map<string, Tensor>();
  for (const layer of layers) {
    for (const name of file.texts(`${root}/${layer}`, 'weight_names') ?? []) {
      // How many images a Normalization layer was adapted to.
      if (/(^|\/)count(:0)?$/.test(name)) continue;
      const own = name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : layer;
      const key = `${nameIn(layer, own)}/${roleOf(name, `${where}, ${layer}`)}`;
      if (weights.has(key)) throw damaged(where, `two weights are named ${key}`, 'one of each');
      weights.set(key, file.tensor(`${root}/${layer}/${name}`));
    }
  }
  return weights;
}

/** `conv/kernel:0` and `model/conv/kernel` by Keras 2 and 3, `conv_W_1:0` by Keras 1. */
function roleOf(name: string, where: string): Role {
  const last = name.slice(name.lastIndexOf('/') + 1).replace(/:0$/, '');
  // Names that were taken already got a number.
  const plain = last.replace(/_\d+$/, '');
  const role = longestFirst.find((known) => [last, plain].some((one) => one === known || one.endsWith(`_${known}`)));
  if (role !== undefined) return roles[role];
  throw damaged(where, `the weight ${name} has an unknown role`, `one of ${Object.keys(roles).join(', ')}`);
}
