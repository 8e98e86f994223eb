import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { Compartment, EditorState, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  placeholder,
  tooltips,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { completionsAt, type RootTypes, tokenize } from '@millrace/expression';
import { brief } from '../live/figures.ts';
import { type LatestRoots, latestAt, pathBefore } from './latest-value.ts';

/** A part at fault; offsets in UTF-16 code units. */
export interface Fault {
  readonly start: number;
  readonly end: number;
  readonly severity: 'error' | 'warning' | 'note';
}

export interface CodeEditorOptions {
  readonly value: string;
  readonly label: string;
  readonly placeholder: string;
  readonly onChange: (value: string) => void;
  readonly onFocus: () => void;
  /** `Ctrl .`; says whether there was a fix. */
  readonly onFix: () => boolean;
  /** Asked when completion opens, so that it is always the newest. */
  readonly roots: () => RootTypes;
  readonly latest: () => LatestRoots;
}

export interface CodeEditorHandle {
  /** Puts another text in place; nothing happens when it is the same. */
  setValue(value: string): void;
  setFaults(faults: readonly Fault[]): void;
  /** Puts the caret at a part, or at the end. */
  focus(span?: { readonly start: number; readonly end: number } | null): void;
  /** Writes at the caret. */
  insert(text: string): void;
  destroy(): void;
}

const setFaults = StateEffect.define<readonly Fault[]>();

const faultField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setFaults)) continue;
      const length = transaction.state.doc.length;
      const ranges = effect.value.flatMap(({ start, end, severity }) => {
        const from = Math.min(start, length);
        const to = Math.min(Math.max(end, start + 1), length);
        return to > from ? [Decoration.mark({ class: `fault fault-${severity}` }).range(from, to)] : [];
      });
      next = Decoration.set(ranges, true);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function tokenMarks(view: EditorView): DecorationSet {
  const marks = tokenize(view.state.doc.toString()).map((token) =>
    Decoration.mark({ class: `t-${token.kind}` }).range(token.start, token.end),
  );
  return Decoration.set(marks, true);
}

const highlighter = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = tokenMarks(view);
    }
    update(update: ViewUpdate): void {
      if (update.docChanged) this.decorations = tokenMarks(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** Colours are the page's tokens, which reach into the shadow root by inheritance. */
const look = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--color-ink)', fontSize: '12.5px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--font-mono)',
    lineHeight: '20px',
    fontVariantLigatures: 'none',
    overflowX: 'hidden',
  },
  '.cm-content': { padding: '7px 10px', caretColor: 'var(--color-ink)', minHeight: '34px' },
  '.cm-line': { padding: '0' },
  '.cm-placeholder': { color: 'var(--color-ink-3)' },
  '&.cm-focused .cm-content ::selection, .cm-content ::selection': {
    backgroundColor: 'color-mix(in srgb, var(--color-water) 26%, transparent)',
  },
  '.t-root, .t-name, .t-punctuation': { color: 'var(--color-ink)' },
  '.t-field, .t-function': { color: 'var(--color-water-text)' },
  '.t-number': { color: 'var(--color-warn-text)' },
  '.t-string': { color: 'var(--color-ok-text)' },
  '.t-operator': { color: 'var(--color-ink-3)' },
  '.t-keyword': { color: 'var(--color-table-text)' },
  '.fault': { textDecoration: 'underline wavy 1.25px', textUnderlineOffset: '4px' },
  '.fault-error, .fault-error *': { color: 'var(--color-bad-text)', textDecorationColor: 'var(--color-bad)' },
  '.fault-warning, .fault-note': { textDecorationColor: 'var(--color-warn)' },
  '.cm-tooltip': { border: '0', background: 'none', zIndex: '45' },
  '.cm-tooltip.cm-tooltip-autocomplete': {
    border: '1px solid var(--color-line)',
    borderRadius: '8px',
    backgroundColor: 'var(--color-surface)',
    boxShadow: 'var(--shadow-e2)',
    marginTop: '12px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--font-mono)',
    fontSize: '12px',
    lineHeight: '16px',
    padding: '4px',
    maxHeight: '224px',
    maxWidth: 'min(420px, 90vw)',
    minWidth: '280px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    display: 'flex',
    gap: '12px',
    alignItems: 'center',
    height: '26px',
    padding: '0 8px',
    borderRadius: '5px',
    color: 'var(--color-ink)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--color-water-soft)',
    color: 'var(--color-ink)',
  },
  '.cm-completionLabel': { flex: '0 0 auto', minWidth: '110px' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--color-water-text)', fontWeight: '600' },
  '.cm-completionDetail': {
    flex: '1 1 auto',
    margin: '0',
    fontStyle: 'normal',
    color: 'var(--color-ink-2)',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
  '.completion-latest': {
    flex: '0 1 auto',
    color: 'var(--color-ink-3)',
    textAlign: 'right',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    maxWidth: '150px',
  },
});

interface LatestCompletion extends Completion {
  readonly latest?: string | undefined;
}

function completionSource(options: CodeEditorOptions) {
  return (context: CompletionContext): CompletionResult | null => {
    const source = context.state.doc.toString();
    const found = completionsAt(source, context.pos, options.roots());
    const [first] = found;
    if (first === undefined) return null;
    const isTyping = context.matchBefore(/[\w$]+$/) !== null || /[.]$/.test(source.slice(0, context.pos));
    if (!context.explicit && !isTyping) return null;
    // Fields that need brackets take the place of the dot before them and so begin earlier; one list has one beginning.
    const from = Math.max(...found.map((completion) => completion.from));
    const path = pathBefore(source, from);
    const latest = options.latest();
    return {
      from,
      validFor: /^[\w$]*$/,
      options: found
        .filter((completion) => completion.from === from)
        .map((completion, index): LatestCompletion => {
          const value =
            completion.kind === 'field' || completion.kind === 'root'
              ? latestAt(latest, [...(path ?? []), completion.label])
              : undefined;
          return {
            label: completion.label,
            detail: completion.detail,
            boost: -index,
            apply:
              completion.kind === 'function' || completion.kind === 'method'
                ? applyCall(completion.label)
                : completion.label,
            ...(value === undefined || completion.kind === 'root' ? {} : { latest: brief(value, 24) }),
          };
        }),
    };
  };
}

/** A call is written with its brackets, and the caret between them. */
function applyCall(name: string) {
  return (view: EditorView, _: Completion, from: number, to: number): void => {
    view.dispatch({
      changes: { from, to, insert: `${name}()` },
      selection: { anchor: from + name.length + 1 },
      userEvent: 'input.complete',
    });
  };
}

function latestElement(completion: LatestCompletion): HTMLElement | null {
  if (completion.latest === undefined) return null;
  const element = document.createElement('span');
  element.className = 'completion-latest';
  element.textContent = completion.latest;
  return element;
}

/**
 * The editor of one expression, in a shadow root of the host: its style sheet is then adopted there and no style element is needed,
 * which a strict content security policy would refuse.
 */
export function mountCodeEditor(host: HTMLElement, options: CodeEditorOptions): CodeEditorHandle {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  root.replaceChildren();
  const place = document.createElement('div');
  const overlay = document.createElement('div');
  root.append(place, overlay);
  const labels = new Compartment();
  let isSetting = false;
  const view = new EditorView({
    root,
    parent: place,
    state: EditorState.create({
      doc: options.value,
      extensions: [
        history(),
        keymap.of([
          { key: 'Mod-.', run: () => options.onFix() },
          // Left to the page, which deploys.
          { key: 'Mod-Enter', run: () => false, stopPropagation: false },
          { key: 'Tab', run: acceptCompletion },
        ]),
        keymap.of(completionKeymap),
        keymap.of(historyKeymap),
        keymap.of(defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter')),
        autocompletion({
          override: [completionSource(options)],
          icons: false,
          activateOnTypingDelay: 60,
          addToOptions: [{ render: (completion) => latestElement(completion), position: 90 }],
        }),
        tooltips({ parent: overlay, position: 'fixed' }),
        EditorView.lineWrapping,
        EditorState.tabSize.of(2),
        placeholder(options.placeholder),
        labels.of(
          EditorView.contentAttributes.of({ 'aria-label': options.label, spellcheck: 'false', autocapitalize: 'off' }),
        ),
        highlighter,
        faultField,
        look,
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !isSetting) options.onChange(update.state.doc.toString());
          if (update.focusChanged && update.view.hasFocus) options.onFocus();
        }),
      ],
    }),
  });
  return {
    setValue: (value) => {
      if (value === view.state.doc.toString()) return;
      isSetting = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
      isSetting = false;
    },
    setFaults: (faults) => view.dispatch({ effects: setFaults.of(faults) }),
    focus: (span) => {
      const { length } = view.state.doc;
      const at = span === undefined || span === null ? length : Math.min(span.end, length);
      view.focus();
      view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    },
    insert: (text) => {
      view.focus();
      view.dispatch(view.state.replaceSelection(text));
    },
    destroy: () => view.destroy(),
  };
}
