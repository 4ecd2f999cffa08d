#!/usr/bin/env bash
# Makes what is in this folder, with OpenSSL 3 and its legacy provider: one key under passwords, in the ways of the last
# century. `key.pem` is the key.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
legacy=(-provider legacy -provider default)

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout key.pem -out "$work/leaf.pem" -days 36500 -subj '/CN=old'

# Every section under a line that says what it is sealed with.
{
    for cipher in PBE-MD5-DES PBE-MD5-RC2-64 PBE-SHA1-DES PBE-SHA1-RC2-64 PBE-SHA1-3DES PBE-SHA1-2DES PBE-SHA1-RC2-128 PBE-SHA1-RC2-40; do
        echo "$cipher"
        openssl pkcs8 -topk8 -in key.pem -v1 "$cipher" -iter 16 -passout pass:secret "${legacy[@]}"
    done
    for cipher in des-cbc des-ede3-cbc rc2-cbc rc2-64-cbc rc2-40-cbc; do
        echo "PBES2 $cipher"
        openssl pkcs8 -topk8 -in key.pem -v2 "$cipher" -iter 16 -passout pass:secret "${legacy[@]}"
    done
    for cipher in des des3 aes128 aes192 aes256; do
        echo "DEK-Info $cipher"
        openssl ec -in key.pem -"$cipher" -passout pass:secret "${legacy[@]}"
    done
} > sealed.pem

export_pfx() { openssl pkcs12 -export -legacy -inkey key.pem -in "$work/leaf.pem" -iter 16 "$@"; }
for cipher in PBE-SHA1-3DES PBE-SHA1-2DES PBE-SHA1-RC2-128 PBE-SHA1-RC2-40; do
    export_pfx -keypbe "$cipher" -certpbe "$cipher" -passout pass:secret -out "$cipher.pfx"
done
export_pfx -passout pass: -out empty.pfx
