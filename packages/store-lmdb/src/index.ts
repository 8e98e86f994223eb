export { LmdbTaskStores } from './lmdb-task-stores.ts';
export { StoreError, type StoreErrorCode } from './store-error.ts';
