/**
 * What one expression may cost. Every bound is checked before the work it bounds, so a hostile or careless expression fails with a
 * reason and never slows the task down.
 */

/** Longest source text, in UTF-16 code units. */
export const sourceLengthMax = 4096;
/** Deepest nesting of the tree. Checking, compiling and evaluating recurse, so this also bounds the call stack. */
export const depthMax = 64;
/** Most parts (tree nodes) of one expression. */
export const nodesMax = 2000;
/** Steps of one evaluation, see `charge` in `evaluation.ts` for what a step is. */
export const stepsMax = 100_000;
/** Longest string that an expression may build, in UTF-16 code units. */
export const stringLengthMax = 1_048_576;
/** Longest array that an expression may build. */
export const arrayLengthMax = 100_000;
/** Deepest nesting of a result: that of a record (64) plus that of the expression around it. */
export const resultDepthMax = 128;
/** Largest result of an expression that could repeat data, in values plus string code units, as if nothing were shared. */
export const resultSizeMax = 4_194_304;
/** Fields that a type lists. A type with more becomes open: the rest is unknown. */
export const typeFieldsMax = 200;
/** How deep a type looks into a value. Below it everything is unknown. */
export const typeDepthMax = 16;
/**
 * Deepest type that the checker carries on; a deeper one is known by its kind alone. No result is deeper, and a row of nodes, each of
 * which makes the type deeper, must not end in one that cannot be walked.
 */
export const carriedTypeDepthMax = resultDepthMax;
/** Largest type that the checker carries on, in parts as if nothing were shared. A larger one is known by its kind alone. */
export const typeSizeMax = 20_000;
/** Longest pattern, in UTF-16 code units. */
export const patternLengthMax = 1000;
/** Most parts of a pattern, once its repetitions are written out. */
export const patternSizeMax = 2000;
/** Most groups of a pattern. */
export const patternGroupsMax = 50;
/** Most patterns of one expression. */
export const patternsMax = 32;
/** Bytes that a pattern may keep of what it has learnt about texts, so that it is quick with the next one. */
export const patternMemoryMax = 1_048_576;
