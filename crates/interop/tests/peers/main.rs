//! The peers. `just interop openssl::` runs the cases of one.

mod chromium;
mod curl;
mod gnutls;
mod go;
mod java;
mod node;
mod nss;
mod openssl;
mod tshark;
