import { checkQueries } from './check-queries.ts';
import { q16 } from './queries/q16.ts';
import { q17 } from './queries/q17.ts';
import { q18 } from './queries/q18.ts';
import { q19 } from './queries/q19.ts';
import { q20 } from './queries/q20.ts';
import { q21 } from './queries/q21.ts';
import { q22 } from './queries/q22.ts';

checkQueries({ 16: q16, 17: q17, 18: q18, 19: q19, 20: q20, 21: q21, 22: q22 });
