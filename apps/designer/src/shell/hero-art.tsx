import { KindIcon } from '../icons.tsx';
import { faces } from '../nodes/faces.ts';

const upper = 'M104 62V64Q104 80 120 80H208Q224 80 224 96V98';
const lower = 'M224 142V146Q224 162 240 162H292Q312 162 312 182V190Q312 210 332 210H900';
const pads = Array.from({ length: 12 }, (_, index) => index * 30);
const spokes = Array.from({ length: 6 }, (_, index) => index * 60);

/** Two nodes, the water between them, and the wheel: the one place besides the mark where it stands. */
export function HeroArt() {
  return (
    <svg className="hero-art" viewBox="0 0 560 240" width="560" height="240" fill="none" aria-hidden="true">
      <g className="bank" strokeWidth="18">
        <path d={upper} />
        <path d={lower} />
      </g>
      <g className="bed" strokeWidth="16">
        <path d={upper} />
        <path d={lower} />
      </g>
      <g className="flow">
        <path d={upper} strokeWidth="11" />
        <path d={lower} strokeWidth="8" />
      </g>
      <g className="wheel">
        <circle cx="462" cy="148" r="54" />
        <circle cx="462" cy="148" r="42" />
        {spokes.map((angle) => (
          <path key={angle} d="M462 142V106" transform={`rotate(${angle} 462 148)`} />
        ))}
        {pads.map((angle) => (
          <path key={angle} d="M462 82V102" strokeWidth="4" transform={`rotate(${angle} 462 148)`} />
        ))}
      </g>
      <circle className="hub" cx="462" cy="148" r="6" />
      <g>
        <rect className="plate" x="34.5" y="18.5" width="140" height="44" rx="9" />
        <circle className="stream" cx="57" cy="40.5" r="12" />
        <svg x="50" y="33.5" width="14" height="14" className="stream" role="presentation">
          <KindIcon drawing={faces.source.icon} size={14} />
        </svg>
        <rect className="word" x="78" y="32" width="56" height="6" rx="3" />
        <rect className="line" x="78" y="44" width="80" height="5" rx="2.5" />
      </g>
      <g>
        <rect className="plate" x="154.5" y="98.5" width="140" height="44" rx="9" />
        <rect className="table" x="165" y="108.5" width="24" height="24" rx="6" />
        <svg x="170" y="113.5" width="14" height="14" className="table" role="presentation">
          <KindIcon drawing={faces.aggregate.icon} size={14} />
        </svg>
        <rect className="word" x="198" y="112" width="44" height="6" rx="3" />
        <rect className="line" x="198" y="124" width="76" height="5" rx="2.5" />
      </g>
    </svg>
  );
}
