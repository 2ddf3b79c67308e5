import { shortRunOf } from './harness/short-run.ts';

shortRunOf('sqlite');
