/** An expression with the part at fault underlined. */
export function MarkedCode({
  code,
  span,
}: {
  readonly code: string;
  readonly span: { readonly start: number; readonly end: number } | null | undefined;
}) {
  if (span === undefined || span === null || span.end <= span.start || span.start >= code.length) return code;
  return (
    <>
      {code.slice(0, span.start)}
      <u>{code.slice(span.start, span.end)}</u>
      {code.slice(span.end)}
    </>
  );
}
