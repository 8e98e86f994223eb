import { checkQueries } from './check-queries.ts';
import { q00 } from './queries/q00.ts';
import { q01 } from './queries/q01.ts';
import { q02 } from './queries/q02.ts';
import { q03 } from './queries/q03.ts';
import { q04 } from './queries/q04.ts';
import { q05 } from './queries/q05.ts';
import { q06 } from './queries/q06.ts';
import { q07 } from './queries/q07.ts';

checkQueries({ 0: q00, 1: q01, 2: q02, 3: q03, 4: q04, 5: q05, 6: q06, 7: q07 });
