#!/bin/sh
# Makes the fixtures of this folder with the openssl program (3.0 or later). They are checked in; running this again
# gives others that serve as well. Keys are thrown away, but for those of keys.pem.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
req() { openssl req -new -key "$1" -subj "$2" -out "$3"; }
ca='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash'
leaf='keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:openssl.test,DNS:*.wild.openssl.test,IP:192.0.2.7,IP:2001:db8::7
authorityKeyIdentifier=keyid'
echo "$ca" >ca.ext
echo "$leaf" >leaf.ext

# mixed.pem: an Ed25519 leaf, signed with RSASSA-PSS by an RSA intermediate, signed with ECDSA by a P-521 root.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out root.key
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out middle.key
openssl genpkey -algorithm ED25519 -out leaf.key
req root.key "/C=XX/O=Fixture/CN=P-521 Root" root.csr
req middle.key "/C=XX/O=Fixture/CN=RSA Intermediate" middle.csr
req leaf.key "/CN=openssl.test" leaf.csr
openssl x509 -req -in root.csr -signkey root.key -sha512 -days 36500 -extfile ca.ext -out root.pem
openssl x509 -req -in middle.csr -CA root.pem -CAkey root.key -CAcreateserial -sha512 -days 36500 -extfile ca.ext -out middle.pem
openssl x509 -req -in leaf.csr -CA middle.pem -CAkey middle.key -CAcreateserial -sha256 -sigopt rsa_padding_mode:pss \
    -sigopt rsa_pss_saltlen:digest -days 36500 -extfile leaf.ext -out leaf.pem
cat leaf.pem middle.pem root.pem >"$here/mixed.pem"

# rsa.pem: a P-384 leaf, signed with PKCS#1 v1.5 and SHA-384 by an RSA root.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.key
req middle.key "/CN=RSA Root" root.csr
req p384.key "/CN=openssl.test" leaf.csr
openssl x509 -req -in root.csr -signkey middle.key -sha256 -days 36500 -extfile ca.ext -out root.pem
openssl x509 -req -in leaf.csr -CA root.pem -CAkey middle.key -CAcreateserial -sha384 -days 36500 -extfile leaf.ext -out leaf.pem
cat leaf.pem root.pem >"$here/rsa.pem"

# odd.pem: version 1; a negative serial number; an id-RSASSA-PSS key that signs with SHA-384.
openssl x509 -req -in root.csr -signkey middle.key -sha256 -days 36500 -out v1.pem
openssl x509 -req -in root.csr -signkey middle.key -sha256 -days 36500 -set_serial -5 -extfile ca.ext -out negative.pem
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key
req pss.key "/CN=PSS key" pss.csr
openssl x509 -req -in pss.csr -signkey pss.key -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
    -days 36500 -extfile leaf.ext -out pss.pem
cat v1.pem negative.pem pss.pem >"$here/odd.pem"

# trusted.pem: OpenSSL's own format, with an alias, and with settings of what is trusted.
{
    openssl x509 -in root.pem -trustout -setalias harmless
    openssl x509 -in root.pem -trustout -addtrust clientAuth
    openssl x509 -in root.pem -trustout -addreject serverAuth
} >"$here/trusted.pem"

# keys.pem: the same P-384 key in every wrapping.
{
    openssl pkey -in p384.key -aes256 -passout pass:secret
    openssl ec -in p384.key -aes256 -passout pass:secret
    openssl ec -in p384.key -param_out
    openssl ec -in p384.key
    openssl pkey -in p384.key
} >"$here/keys.pem" 2>/dev/null
cat "$here/keys.pem" leaf.pem root.pem >"$here/combined.pem"

# revoked.pem: a CA, a certificate that it did not revoke and two that it did, its complete CRL, and one for a distribution point.
# `openssl ca` keeps the list of what was revoked.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out root.key
req root.key "/CN=Revoking CA" root.csr
openssl x509 -req -in root.csr -signkey root.key -sha256 -days 36500 -extfile ca.ext -out root.pem
cat >ca.conf <<END
[ca]
default_ca = own
[own]
database = index.txt
crlnumber = number
certificate = root.pem
private_key = root.key
default_md = sha256
default_crl_days = 36500
[complete]
authorityKeyIdentifier = keyid
[point]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical, @issuing
[issuing]
fullname = URI:http://crl.test/2.crl, URI:ldap://crl.test/2
onlyuser = TRUE
END
echo 'crlDistributionPoints=URI:http://crl.test/1.crl,URI:http://crl.test/2.crl' >>leaf.ext
: >index.txt
echo 0100 >number
for name in good revoked superseded; do
    openssl x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -sha256 -days 36500 -extfile leaf.ext -out $name.pem
done
openssl ca -config ca.conf -revoke revoked.pem -crl_compromise 20260101000000Z
openssl ca -config ca.conf -revoke superseded.pem -crl_reason superseded
openssl ca -config ca.conf -gencrl -crlexts complete -out complete.crl
openssl ca -config ca.conf -gencrl -crlexts point -out point.crl
cat good.pem revoked.pem superseded.pem root.pem complete.crl point.crl >"$here/revoked.pem"

# ocsp.pem: a CA, a certificate that it did not revoke, one that it did, and the delegate who answers for it. ocsp/*.der: what
# `openssl ocsp` answers with the issuer's key, and with the delegate's about both and a third that nobody knows.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out delegate.key
req ca.key "/CN=OCSP CA" ca.csr
req delegate.key "/CN=OCSP Delegate" delegate.csr
printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n' >delegate.ext
echo 'tlsfeature=status_request' >>leaf.ext
openssl x509 -req -in ca.csr -signkey ca.key -sha256 -days 36500 -extfile ca.ext -out ca.pem
openssl x509 -req -in delegate.csr -CA ca.pem -CAkey ca.key -set_serial 0x04 -sha256 -days 36500 -extfile delegate.ext -out delegate.pem
for serial in 1 2 3; do
    openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 0x0$serial -sha256 -days 36500 -extfile leaf.ext -out ocsp$serial.pem
done
printf 'V\t21260101000000Z\t\t01\tunknown\t/CN=openssl.test\n' >index
printf 'R\t21260101000000Z\t260101000000Z,keyCompromise\t02\tunknown\t/CN=openssl.test\n' >>index
answer() {
    out=$1 signer=$2 named=$3
    shift 3
    openssl ocsp -sha1 -issuer ca.pem -cert ocsp1.pem "$@" -no_nonce -reqout request.der
    openssl ocsp -index index -CA ca.pem -rsigner $signer.pem -rkey $signer.key -rmd sha256 -ndays 36500 $named \
        -reqin request.der -respout "$out"
}
mkdir -p "$here/ocsp"
answer "$here/ocsp/issuer.der" ca ""
answer "$here/ocsp/delegate.der" delegate -resp_key_id -cert ocsp2.pem -sha256 -cert ocsp3.pem
cat ocsp1.pem ocsp2.pem ocsp3.pem delegate.pem ca.pem >"$here/ocsp.pem"

# rsa-a.pem, rsa-b.pem: keys for chains of random shape, because RSA keys take long to make. rsa-1024.spki: one that is too small.
for key in a b; do openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$here/rsa-$key.pem"; done
openssl genrsa 1024 | openssl rsa -pubout -outform DER -out "$here/rsa-1024.spki"
rm -r "$work"
