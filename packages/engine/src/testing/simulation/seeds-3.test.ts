import { describe, expect, it } from 'vitest';
import { seedSuite } from './seeds.ts';

seedSuite({ describe, it, expect }, 1000, 500);
