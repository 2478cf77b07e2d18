import { expect, test } from '@jest/globals';
import { isWithin, shownFrom } from '../../src/core/paths.js';

test.each([
  ['/home/me/models/pets', true, 'models/pets'],
  ['/home/me', true, '.'],
  ['/home/me/', true, '.'],
  ['/home/me/..x/y', true, '..x/y'],
  ['/home/me/...', true, '...'],
  ['/home/me/../you', false, '/home/me/../you'],
  ['/home/meadow', false, '/home/meadow'],
  ['/home', false, '/home'],
  ['/', false, '/'],
])('%s in /home/me: %p, shown as %s', (path, inside, shown) => {
  expect([isWithin(path, '/home/me'), shownFrom('/home/me', path)]).toEqual([inside, shown]);
});
