/** The few functions of http_ece that are called here. */
declare module 'http_ece' {
  interface Params {
    readonly version: 'aes128gcm';
    readonly keyid?: string;
    readonly salt?: Buffer;
    readonly rs?: number;
    readonly pad?: number;
    /** Key id → initial keying material. */
    readonly keymap: Readonly<Record<string, Buffer>>;
  }
  const ece: {
    encrypt(content: Buffer, params: Params): Buffer;
    decrypt(body: Buffer, params: Params): Buffer;
  };
  export default ece;
}
