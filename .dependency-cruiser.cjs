/** The direction of imports: see ARCHITECTURE.md. Type-only imports obey it too. */

/** Which folders of src a folder may import from, beside itself. */
const allowed = {
  core: [],
  'object-store': ['core'],
  store: ['core', 'object-store'],
  sources: ['core', 'object-store'],
  config: ['core'],
  image: ['core'],
  model: ['core', 'image'],
  engine: ['core', 'model'],
  features: ['core', 'object-store', 'image', 'model', 'engine'],
  predict: ['core', 'image', 'model', 'engine', 'features'],
  serve: ['core', 'model', 'predict'],
  // Runs in the browser, whose build refuses what asks Node for anything.
  page: ['core', 'image', 'model', 'engine/tfjs/wasm-kernels'],
  // Goes into exports, and runs in browsers too.
  bundle: ['image', 'model'],
  stages: ['core', 'object-store', 'sources', 'image', 'model', 'engine', 'features'],
  runner: ['core', 'config', 'object-store', 'store', 'engine/device'],
  report: ['core', 'image', 'model'],
  init: ['core', 'config', 'sources', 'store', 'image'],
  cluster: ['core', 'config', 'store', 'object-store', 'runner'],
  commands: [
    'core',
    'init',
    'config',
    'object-store',
    'sources',
    'store',
    'runner',
    'report',
    'predict',
    'serve',
    'cluster',
  ],
};

const direction = Object.entries(allowed).map(([folder, others]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: `^src/(${[folder, ...others].join('|')})[/.]` },
}));

module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'a-stage-imports-no-other-stage',
      severity: 'error',
      from: { path: '^src/stages/([^/]+)/' },
      to: { path: '^src/stages/[^/]+/', pathNot: '^src/stages/$1/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '(cli|main|index|no-zlib)\\.ts$|schema-types\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
