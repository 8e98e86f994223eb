/**
 * A finding about the user's pipeline. `path` names a place in the node's config (`['condition']`), `span` a range of UTF-16 offsets in
 * the expression that stands there. `fix` is one click that is known to help.
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'note';
  /** Null when the finding concerns the pipeline as a whole. */
  readonly node: string | null;
  /** What it is about besides the node's own config. */
  readonly edge?: { readonly from: string; readonly to: string } | undefined;
  readonly path: readonly (string | number)[];
  readonly span?: { readonly start: number; readonly end: number } | undefined;
  readonly message: string;
  readonly fix?: DiagnosticFix | undefined;
}

/** Replaces `[start, end)` of the text at the diagnostic's path, or, without a span, the whole value there. */
export interface DiagnosticFix {
  readonly title: string;
  readonly span?: { readonly start: number; readonly end: number } | undefined;
  readonly value: string | number | boolean | null;
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

const severityRank = { error: 0, warning: 1, note: 2 } as const;

/** Errors first, then by node in the order given. */
export function sortDiagnostics(
  diagnostics: readonly Diagnostic[],
  nodeOrder: readonly string[],
): readonly Diagnostic[] {
  const rank = new Map(nodeOrder.map((id, index) => [id, index]));
  return diagnostics.toSorted(
    (left, right) =>
      severityRank[left.severity] - severityRank[right.severity] ||
      (rank.get(left.node ?? '') ?? -1) - (rank.get(right.node ?? '') ?? -1),
  );
}
