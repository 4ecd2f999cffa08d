#!/usr/bin/env bash
# Makes what is in this folder, with OpenSSL 3: one key, its certificate and its CA, and the key under passwords.
# The iterations are few, so that tests which open a file a thousand times are done soon.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$work/ca.key" -out ca.pem -days 36500 \
    -subj '/CN=Bundle CA'
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout leaf.key -out "$work/leaf.csr" -subj '/CN=bundle.test'
echo 'subjectAltName=DNS:bundle.test' > "$work/extensions"
openssl x509 -req -in "$work/leaf.csr" -CA ca.pem -CAkey "$work/ca.key" -days 36500 -extfile "$work/extensions" -out leaf.pem

# Every section under a line that says what it is sealed with.
{
    for cipher in aes-128-cbc aes-192-cbc aes-256-cbc; do
        for hash in SHA1 SHA224 SHA256 SHA384 SHA512; do
            echo "$cipher hmacWith$hash"
            openssl pkcs8 -topk8 -in leaf.key -v2 "$cipher" -v2prf "hmacWith$hash" -iter 16 -passout pass:secret
        done
    done
    echo scrypt
    openssl pkcs8 -topk8 -in leaf.key -scrypt -scrypt_N 16 -scrypt_r 8 -scrypt_p 1 -passout pass:secret
} > pkcs8.pem

export_pfx() { openssl pkcs12 -export -inkey leaf.key -in leaf.pem -iter 16 "$@"; }
export_pfx -certfile ca.pem -name bundle.test -passout 'pass:sécret' -out aes.pfx
export_pfx -passout pass: -out empty.pfx
export_pfx -nomac -passout pass:secret -out nomac.pfx
export_pfx -keypbe NONE -certpbe NONE -macalg sha512 -passout pass:secret -out plain.pfx

# OpenSSL 3.4 is the first that writes the MAC of RFC 9579; so here it takes the place of the other one by hand.
python3 - <<'PYTHON'
import hashlib, hmac

def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + size + body

def first(der):
    """Header length and whole length of the element that comes first."""
    n, header = (der[1], 2) if der[1] < 128 else (int.from_bytes(der[2:2 + (der[1] & 127)], "big"), 2 + (der[1] & 127))
    return header, header + n

pfx = open("plain.pfx", "rb").read()
body = pfx[first(pfx)[0]:]
version, body = body[:3], body[3:]
safe = body[:first(body)[1]]
content = safe[first(safe)[0]:]            # contentType, [0]
content = content[first(content)[1]:]      # [0]
content = content[first(content)[0]:]      # OCTET STRING
content = content[first(content)[0]:]

hmac_sha256 = tlv(0x30, bytes.fromhex("06082a864886f70d02090500"))
salt = bytes(range(16))
kdf_parameters = tlv(0x30, tlv(4, salt), tlv(2, b"\x10"), tlv(2, b"\x20"), hmac_sha256)
kdf = tlv(0x30, bytes.fromhex("06092a864886f70d01050c"), kdf_parameters)
algorithm = tlv(0x30, bytes.fromhex("06092a864886f70d01050e"), tlv(0x30, kdf, hmac_sha256))
key = hashlib.pbkdf2_hmac("sha256", b"secret", salt, 16, 32)
mac = hmac.new(key, content, hashlib.sha256).digest()
mac_data = tlv(0x30, tlv(0x30, algorithm, tlv(4, mac)), tlv(4, b"\0" * 8), tlv(2, b"\1"))
open("pbmac1.pfx", "wb").write(tlv(0x30, version, safe, mac_data))
PYTHON
