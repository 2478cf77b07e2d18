/** What a JSON file is that is not a TF.js layers-model. */
import { isRecord } from '../../core/is-record.js';
import { remedies, type OtherFormat } from './signatures.js';

/** Undefined for what may be a layers-model: its fields are checked when it is read. */
export function formatOfJson(value: unknown): OtherFormat | undefined {
  if (Array.isArray(value) && isRecord(value[0]) && 'weights' in value[0]) {
    return { description: 'a list of weights from an old TF.js converter, without layers', remedy: remedies.saveWhole };
  }
  if (!isRecord(value))
    return { description: 'JSON, but not a model', remedy: 'use the model.json of a TF.js layers-model' };
  const { modelTopology: topology } = value;
  if (value['format'] === 'graph-model' || (isRecord(topology) && Array.isArray(topology['node']))) {
    return {
      description: 'a TF.js graph-model, which has operations but no layers',
      remedy: `go back to the Keras model that it was converted from: ${remedies.saveWhole}`,
    };
  }
  if (topology !== undefined) return undefined;
  if ('class_name' in value && 'config' in value) {
    return {
      description: 'the layers of a Keras network without their weights (`model.to_json()`)',
      remedy: remedies.saveWhole,
    };
  }
  if ('tmVersion' in value || 'packageName' in value)
    return {
      description: 'the metadata of a Teachable Machine model',
      remedy: 'use the model.json in the same folder',
    };
  if ('model_type' in value || 'architectures' in value || 'architecture' in value) {
    return { description: 'the settings of a Hugging Face model', remedy: remedies.byName };
  }
  return {
    description: 'JSON without a `modelTopology`, so not a TF.js layers-model',
    remedy: 'use the model.json of a TF.js layers-model',
  };
}
