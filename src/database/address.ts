import { RowferryError } from '../errors.ts';

/** How the URL of a database server looks. */
export interface AddressForm {
  /** As messages call it. */
  readonly database: string;
  readonly schemes: readonly string[];
  readonly example: string;
  /** All that may stand after the question mark. */
  readonly parameters: readonly string[];
}

/** The parts of a URL, % undone; empty where there is nothing. */
export interface Address {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly parameters: URLSearchParams;
}

/** `config-invalid` for what is not understood, so that no wish (for TLS, say) goes unheard. */
export function parseAddress(url: string, form: AddressForm): Address {
  // postgres://USER@/DATABASE?host=FOLDER is usual, but a URL with a user must have a host.
  const whole = url.replace(/^(\w+:\/\/[^/?#]*@)(?=\/)/, '$1localhost');
  const parsed = URL.canParse(whole) ? new URL(whole) : null;
  if (parsed === null || !form.schemes.includes(parsed.protocol.slice(0, -1))) {
    throw invalidAddress(form, 'cannot be read');
  }
  const parameters = parsed.searchParams;
  for (const name of parameters.keys()) if (!form.parameters.includes(name)) throw unknown(form, name);
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      throw invalidAddress(form, 'has a % that begins no character');
    }
  };
  return {
    host: decode(parsed.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port,
    user: decode(parsed.username),
    password: decode(parsed.password),
    database: decode(parsed.pathname.slice(1)),
    parameters,
  };
}

export function invalidAddress({ database, example }: AddressForm, found: string): RowferryError {
  return new RowferryError('config-invalid', `the address of the ${database} database ${found}`, {
    hint: `write it as ${example}`,
  });
}

function unknown({ parameters }: AddressForm, name: string): RowferryError {
  return new RowferryError(
    'config-invalid',
    `unknown parameter ${JSON.stringify(name)} in the address of the database`,
    { hint: `expected one of ${parameters.join(', ')}` },
  );
}
