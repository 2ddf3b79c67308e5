#!/usr/bin/env python3
"""A sealed client of rowferry (docs/protocol.md) on python3-cryptography: signs, seals, sends, opens the answer.

    ROWFERRY_KEY=rfk_… sealed-client.py POST 'http://127.0.0.1:5000/v1/tables/jobs/rows?mode=insert' jobs.csv text/csv
"""
import base64, hashlib, hmac, http.client, os, secrets, struct, sys, time, urllib.parse, uuid
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

class NotSealed(Exception): pass

def hkdf(ikm, salt, info, length):
    return HKDF(SHA256(), length, salt, info).derive(ikm)

def content_keys(ikm, salt):
    nonce = int.from_bytes(hkdf(ikm, salt, b'Content-Encoding: nonce\0', 12), 'big')
    aead = AESGCM(hkdf(ikm, salt, b'Content-Encoding: aes128gcm\0', 16))
    return aead, lambda number: (nonce ^ number).to_bytes(12, 'big')

def encrypt(ikm, key_id, content, size=65536, salt=None):
    salt = salt or secrets.token_bytes(16)
    aead, nonce = content_keys(ikm, salt)
    pieces = [content[at:at + size - 17] for at in range(0, len(content), size - 17)] or [b'']
    tails = [b'\1'] * (len(pieces) - 1) + [b'\2']
    records = [aead.encrypt(nonce(n), p + t, None) for n, (p, t) in enumerate(zip(pieces, tails))]
    return salt + struct.pack('>IB', size, len(key_id)) + key_id.encode() + b''.join(records)

def decrypt(ikm, key_id, body):
    size = struct.unpack('>I', body[16:20])[0] if len(body) > 20 else 0
    if not 18 <= size <= 1 << 20 or size & size - 1 or body[20:21 + len(key_id)] != bytes([len(key_id)]) + key_id.encode():
        raise NotSealed
    aead, nonce = content_keys(ikm, body[:16])
    records = body[21 + len(key_id):]
    content, ends = b'', range(size, len(records) + size, size)
    try:
        opened = [aead.decrypt(nonce(n), records[end - size:end], None).rstrip(b'\0') for n, end in enumerate(ends)]
    except (InvalidTag, ValueError):
        raise NotSealed from None
    if [piece[-1:] for piece in opened] != [b'\1'] * (len(opened) - 1) + [b'\2']:
        raise NotSealed
    return b''.join(piece[:-1] for piece in opened)

class Exchange:
    """One signed request, and the keys of its body and of its answer."""
    def __init__(self, token, method, target, headers, created=None, nonce=None):
        _, self.key_id, secret = token.split('_')
        keys = hkdf(secret[:43].encode(), self.key_id.encode(), b'rowferry-seal-1 keys', 64)
        path, mark, query = target.partition('?')
        parts = {'@method': method, '@path': path, '@query': '?' + query}
        parts |= {name: headers[name] for name in ('content-type', 'content-encoding', 'idempotency-key') if name in headers}
        params = '(' + ' '.join(f'"{name}"' for name in parts) + f');created={created or int(time.time())};keyid="{self.key_id}"' \
            f';nonce="{nonce or secrets.token_urlsafe(16)}";alg="hmac-sha256";tag="rowferry-seal-1"'
        base = ''.join(f'"{name}": {value}\n' for name, value in parts.items()) + f'"@signature-params": {params}'
        mac = base64.b64encode(hmac.digest(keys[:32], base.encode(), 'sha256')).decode()
        self.fields = {'signature-input': 'seal=' + params, 'signature': f'seal=:{mac}:'}
        self.seal_key, self.base_hash = keys[32:], hashlib.sha256(base.encode()).digest()

    def request_key(self):
        return hkdf(self.seal_key, b'', b'rowferry-seal-1 request\0' + self.base_hash, 32)

    def response_key(self, status, content_type):
        info = b'rowferry-seal-1 response\0' + self.base_hash + struct.pack('>H', status) + content_type.encode()
        return hkdf(self.seal_key, b'', info, 32)

def send(token, method, url, content=None, content_type=None):
    """Status, content type and content of the answer. Raises NotSealed: then nothing is known to be done."""
    at = urllib.parse.urlsplit(url)
    target = at.path + ('?' + at.query if at.query else '')
    headers = {} if method == 'GET' else {'idempotency-key': f'"{uuid.uuid4()}"'}
    if content is not None:
        headers |= {'content-type': content_type, 'content-encoding': 'aes128gcm'}
    exchange = Exchange(token, method, target, headers)
    body = None if content is None else encrypt(exchange.request_key(), exchange.key_id, content)
    connect = http.client.HTTPSConnection if at.scheme == 'https' else http.client.HTTPConnection
    connection = connect(at.hostname, at.port)
    connection.request(method, target, body, headers | exchange.fields)
    answer = connection.getresponse()
    status, answered_type, sealed = answer.status, answer.headers.get('content-type', ''), answer.read()
    if answer.headers.get('content-encoding') != 'aes128gcm':
        raise NotSealed(f'the answer {status} is not sealed: nothing is known to be done')
    return status, answered_type, decrypt(exchange.response_key(status, answered_type), exchange.key_id, sealed)

if __name__ == '__main__':
    method, url, *rest = sys.argv[1:]
    content = open(rest[0], 'rb').read() if rest else None
    status, _, answer = send(os.environ['ROWFERRY_KEY'], method, url, content, rest[1] if rest else None)
    sys.stdout.buffer.write(answer)
    sys.exit(0 if status < 300 else 1)
