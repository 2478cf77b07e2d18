export * from '../core/schema-types.js';
