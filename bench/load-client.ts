/** A client process of bench/seal.ts: `node bench/load-client.ts sealed|bearer FILE`, the server in the environment. */
import { loadFile } from '../src/client/load-file.ts';
import { nodeSealer } from '../src/client/node-sealer.ts';
import { nodeTransport } from '../src/client/node-transport.ts';
import { Api } from '../src/client/retry.ts';
import { sealedTransport } from '../src/client/sealed-transport.ts';
import { tokenOf } from '../src/client/sealer.ts';
import { SourceFile } from '../src/client/source-file.ts';
import { bearerTransport } from './bearer.ts';

const [way, file = ''] = process.argv.slice(2);
const { ROWFERRY_SERVER: url = '', ROWFERRY_KEY: token = '' } = process.env;
const transport =
  way === 'sealed'
    ? sealedTransport(nodeTransport(new URL(url)), nodeSealer(tokenOf(token)))
    : bearerTransport(url, token);
const api = new Api({ transport });
const { inserted } = await loadFile(api, await SourceFile.open(file), { table: 'hired_employees' });
api.close();
process.stdout.write(`${inserted} rows\n`);
