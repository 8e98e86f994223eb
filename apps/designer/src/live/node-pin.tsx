import { Popover } from 'radix-ui';
import { type ReactNode, useRef } from 'react';
import { Icon, type IconName } from '../icons.tsx';

interface NodePinProps {
  readonly look: 'bad' | 'warn';
  readonly icon: IconName;
  readonly text: string;
  /** What the details are about, for those who hear it. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A chip on a node that opens details. Pressing it neither selects nor moves the node. */
export function NodePin({ look, icon, text, label, children }: NodePinProps) {
  const pin = useRef<HTMLButtonElement>(null);
  /** The details stand beside the node, not on it. */
  const anchor = useRef({
    getBoundingClientRect: () => (pin.current?.closest('.node') ?? document.body).getBoundingClientRect(),
  });
  return (
    <Popover.Root>
      <Popover.Anchor virtualRef={anchor} />
      <Popover.Trigger asChild>
        <button
          ref={pin}
          type="button"
          className="chip pin nodrag"
          data-look={look}
          onPointerDown={(event) => event.stopPropagation()}
          onClick={(event) => event.stopPropagation()}
          onKeyDown={(event) => event.stopPropagation()}
        >
          <Icon name={icon} size={12} />
          <span className="cut">{text}</span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="pop"
          data-look={look}
          side="right"
          align="start"
          sideOffset={12}
          collisionPadding={12}
          aria-label={label}
          onKeyDown={(event) => event.stopPropagation()}
        >
          {children}
          <Popover.Arrow className="pop-arrow" width={12} height={6} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
