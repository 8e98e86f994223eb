import { describe, expect, it } from 'vitest';
import { seedSuite } from './seeds.ts';

seedSuite({ describe, it, expect }, 0, 500);
