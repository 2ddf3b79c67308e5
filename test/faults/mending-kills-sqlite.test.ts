import { mendingKillsOf } from './harness/mending-kills.ts';

mendingKillsOf('sqlite');
