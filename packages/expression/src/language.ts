import type { FunctionDoc } from './functions/function-kind.ts';
import { functionKinds } from './functions/registry.ts';

/** The documentation of every function and method, in the order in which people should meet them. */
export const functionDocs: readonly FunctionDoc[] = functionKinds.map((kind) => kind.doc);
