import { expect, test } from '@jest/globals';
import { historyCsv } from '../../src/stages/train/history-csv.js';

test('a row per epoch with all digits; a column that no epoch has is left out, and a gap stays empty', () => {
  const epochs = [
    { loss: 0.6931471805599453, accuracy: 0.5, val_loss: 0.7, learning_rate: 0.001 },
    { loss: 1e-7, accuracy: 1, learning_rate: 0.0005 },
  ];
  expect(historyCsv({ epochs, bestEpoch: 2 })).toBe(
    'epoch,loss,accuracy,val_loss,learning_rate\n1,0.6931471805599453,0.5,0.7,0.001\n2,1e-7,1,,0.0005\n',
  );
});
