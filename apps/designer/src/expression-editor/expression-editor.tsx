import type { Diagnostic } from '@millrace/engine';
import { type RootTypes, tokenize } from '@millrace/expression';
import { useEffect, useId, useRef, useState } from 'react';
import { Icon } from '../icons.tsx';
import { withModKey } from '../shell/mod-key.ts';
import { words } from '../words.ts';
import { setActiveEditor } from './active-editor.ts';
import type { CodeEditorHandle } from './code-editor.ts';
import type { LatestRoots } from './latest-value.ts';

interface ExpressionEditorProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly roots: RootTypes;
  readonly latest: LatestRoots;
  readonly diagnostics: readonly Diagnostic[];
  readonly onChange: (value: string) => void;
  readonly onFix: (diagnostic: Diagnostic) => void;
  /** Puts the caret at a part when it changes. */
  readonly caret: {
    readonly span: { readonly start: number; readonly end: number } | null;
    readonly token: number;
  } | null;
}

/** An expression: highlighted, completed and judged while it is typed; what is wrong stands below, with the fix that is offered. */
export function ExpressionEditor(props: ExpressionEditorProps) {
  const { label, value, diagnostics, caret, onFix } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditorHandle | null>(null);
  const newest = useRef(props);
  newest.current = props;
  const [isReady, setReady] = useState(false);
  const messagesId = useId();

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let gone = false;
    void import('./code-editor.ts').then(({ mountCodeEditor }) => {
      if (gone) return;
      const made = mountCodeEditor(element, {
        value: newest.current.value,
        label,
        placeholder: newest.current.placeholder,
        onChange: (text) => newest.current.onChange(text),
        onFocus: () => setActiveEditor(made),
        onFix: () => {
          const fixable = newest.current.diagnostics.find((found) => found.fix !== undefined);
          if (fixable !== undefined) newest.current.onFix(fixable);
          return fixable !== undefined;
        },
        roots: () => newest.current.roots,
        latest: () => newest.current.latest,
      });
      editor.current = made;
      setReady(true);
    });
    return () => {
      gone = true;
      if (editor.current !== null) setActiveEditor(null, editor.current);
      editor.current?.destroy();
      editor.current = null;
    };
  }, [label]);

  useEffect(() => {
    if (isReady) editor.current?.setValue(value);
  }, [isReady, value]);

  useEffect(() => {
    if (!isReady) return;
    const faults = diagnostics.flatMap(({ span, severity }) => (span === undefined ? [] : [{ ...span, severity }]));
    editor.current?.setFaults(faults);
  }, [isReady, diagnostics]);

  useEffect(() => {
    if (isReady && caret !== null) editor.current?.focus(caret.span);
  }, [isReady, caret]);

  const hasError = diagnostics.some((found) => found.severity === 'error');
  return (
    <>
      <div
        className="editor"
        data-invalid={hasError || undefined}
        onPointerDown={(event) => {
          if (event.target !== host.current || event.nativeEvent.composedPath()[0] !== host.current) return;
          event.preventDefault();
          editor.current?.focus();
        }}
        ref={host}
      />
      {!isReady && (
        <p className="editor-wait" aria-hidden="true">
          <CodeText source={value} />
        </p>
      )}
      <div id={messagesId} role="status" aria-label={words.problems.title}>
        {diagnostics.map((diagnostic) => (
          <DiagnosticMessage
            key={`${diagnostic.code}-${diagnostic.span?.start ?? ''}-${diagnostic.message}`}
            diagnostic={diagnostic}
            onFix={onFix}
          />
        ))}
      </div>
    </>
  );
}

const glyphs = { error: 'invalid', warning: 'warning', note: 'info' } as const;

interface DiagnosticMessageProps {
  readonly diagnostic: Diagnostic;
  readonly onFix: (diagnostic: Diagnostic) => void;
}

export function DiagnosticMessage({ diagnostic, onFix }: DiagnosticMessageProps) {
  return (
    <div className="msg" data-severity={diagnostic.severity}>
      <Icon name={glyphs[diagnostic.severity]} size={14} />
      <div>
        <p>{diagnostic.message}</p>
        {diagnostic.fix !== undefined && (
          <p className="acts">
            <button type="button" className="btn" data-size="sm" onClick={() => onFix(diagnostic)}>
              {diagnostic.fix.title} <kbd>{withModKey(words.problems.fixKey)}</kbd>
            </button>
          </p>
        )}
      </div>
    </div>
  );
}

/** An expression that is only read. */
export function CodeText({ source }: { readonly source: string }) {
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const token of tokenize(source)) {
    if (token.start > at) parts.push(source.slice(at, token.start));
    parts.push(
      <span key={token.start} className={`t-${token.kind}`}>
        {source.slice(token.start, token.end)}
      </span>,
    );
    at = token.end;
  }
  if (at < source.length) parts.push(source.slice(at));
  return <>{parts}</>;
}
