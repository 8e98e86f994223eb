export { damageOf } from './lmdb-file.ts';
