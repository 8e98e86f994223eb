import { checkQueries } from './check-queries.ts';
import { q08 } from './queries/q08.ts';
import { q09 } from './queries/q09.ts';
import { q10 } from './queries/q10.ts';
import { q11 } from './queries/q11.ts';
import { q12 } from './queries/q12.ts';
import { q13 } from './queries/q13.ts';
import { q14 } from './queries/q14.ts';
import { q15 } from './queries/q15.ts';

checkQueries({ 8: q08, 9: q09, 10: q10, 11: q11, 12: q12, 13: q13, 14: q14, 15: q15 });
