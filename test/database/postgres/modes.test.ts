import { modesSuite } from '../shared/modes.ts';
import { postgres } from './tested.ts';

modesSuite(postgres);
