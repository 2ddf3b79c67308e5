import { type Loaded, type LoadOptions, loadBy } from '../shared/load.ts';
import { connectionTo } from './fixture.ts';

export async function load(url: string, csv: string, options: LoadOptions = {}): Promise<Loaded> {
  return loadBy(await connectionTo(url), csv, options);
}
