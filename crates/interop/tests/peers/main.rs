//! The peers. `just interop openssl::` runs the cases of one.

mod chromium;
mod curl;
mod gnutls;
mod gnutls12;
mod gnutls_older;
mod gnutls_psk;
mod gnutls_resumption;
mod go;
mod inspect;
mod java;
mod node;
mod node12;
mod nss;
mod openssl;
mod openssl12;
mod openssl_ciphers;
mod openssl_early_data;
mod openssl_older;
mod openssl_pki;
mod openssl_psk;
mod openssl_resumption;
mod openssl_verify;
mod others12;
mod others_resumption;
mod redis;
mod tshark;
