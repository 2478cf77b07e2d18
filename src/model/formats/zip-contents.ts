/** What a zip is that is not a .keras file, by the names in it. */
import { remedies, type OtherFormat } from './signatures.js';

export function formatOfZip(names: readonly string[]): OtherFormat {
  const some = (pattern: RegExp) => names.find((name) => pattern.test(name));
  if (some(/(^|\/)data\.pkl$/) !== undefined) {
    const script = some(/(^|\/)constants\.pkl$/) !== undefined;
    return { description: script ? 'a TorchScript model of PyTorch' : 'a PyTorch model', remedy: remedies.byName };
  }
  if (some(/(^|\/)saved_model\.pb$/) !== undefined)
    return {
      description: 'a zip of a TensorFlow SavedModel, which has operations but no layers',
      remedy: remedies.saveWhole,
    };
  if (some(/\.mlmodel$|com\.apple\.CoreML/) !== undefined)
    return { description: 'a zip of a Core ML model', remedy: remedies.byName };
  if (some(/\.npy$/) !== undefined) return { description: 'a zip of NumPy arrays (.npz)', remedy: remedies.saveWhole };
  const inside = some(/(^|\/)model\.json$/) ?? some(/\.(keras|h5|hdf5)$/);
  if (inside !== undefined && inside !== 'model.weights.h5')
    return {
      description: `a zip that contains ${inside.slice(0, 80)}`,
      remedy: `unpack it and use ${inside.slice(0, 80)}`,
    };
  if (names.includes('config.json'))
    return { description: 'a .keras file without its weights (model.weights.h5)', remedy: remedies.saveWhole };
  if (names.includes('model.weights.h5'))
    return { description: 'a .keras file without its layers (config.json)', remedy: remedies.saveWhole };
  if (names.includes('[Content_Types].xml'))
    return { description: 'an office document', remedy: 'use the file of the network' };
  const shown = names.slice(0, 3).map((name) => name.slice(0, 40));
  return {
    description:
      names.length === 0
        ? 'an empty zip'
        : `a zip without a model: it contains ${shown.join(', ')}${names.length > 3 ? ' and more' : ''}`,
    remedy: 'use the file of the network',
  };
}
