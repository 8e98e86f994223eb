export { type CompiledExpression, type CompileOptions, type CompileResult, compileExpression } from './compile.ts';
export { type Completion, completionsAt } from './completion.ts';
export { ExpressionFailure, type FailureCode } from './failure.ts';
export type { FunctionDoc } from './functions/function-kind.ts';
export { murmur3 } from './hashes/murmur3.ts';
export {
  type BigIntegers,
  formatPath,
  isSafeNumber,
  quoteBigIntegers,
  type UnsafeNumber,
  unsafeNumbers,
} from './json-numbers.ts';
export { functionDocs } from './language.ts';
export { LazyValue, type ObjectMaker, plainValue } from './lazy-value.ts';
export { sourceLengthMax } from './limits.ts';
export {
  type ArrowFunction,
  type JavaScriptExpression,
  type JavaScriptPattern,
  type JavaScriptStatement,
  parseArrow,
} from './parse-arrow.ts';
export type { ExpressionProblem, ProblemFix } from './problem.ts';
export { type FieldPath, type RootName, type RootTypes, rootNames, Scope } from './scope.ts';
export { isTimeZone, zoneOffsetMs } from './time/time-zone.ts';
export { type Token, type TokenKind, tokenize } from './tokenize.ts';
export { parseValueType, type TypeText, typeTextMax, writeValueType } from './type-text.ts';
export {
  formatValueType,
  inferValueType,
  type ObjectField,
  type ObjectType,
  typesOverlap,
  unionOf,
  type ValueKind,
  type ValueType,
} from './value-type.ts';
