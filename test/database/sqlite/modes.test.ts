import { modesSuite } from '../shared/modes.ts';
import { sqlite } from './tested.ts';

modesSuite(sqlite);
