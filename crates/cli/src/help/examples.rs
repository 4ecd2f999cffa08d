//! Command lines to begin with. A comment is above each.

/// Those of the command called `path` after the program.
pub(super) fn of(path: &str) -> Option<&'static str> {
    TABLE.iter().find(|(command, _)| *command == path).map(|(_, examples)| *examples)
}

const TABLE: &[(&str, &str)] = &[
    (
        "",
        "
  # A handshake, message by message; nothing has to be set up.
  handfast demo

  # A page from a server, and what was agreed on.
  handfast connect example.com --http /

  # A server with a throwaway CA, and a client that trusts it.
  handfast serve --self-signed --ca-out ca.pem --status
  handfast connect localhost:4433 --cafile ca.pem --http /",
    ),
    ("demo", "  handfast demo"),
    (
        "connect",
        "
  # What was agreed on, and who the server is; then type, and end with Ctrl-D.
  handfast connect example.com

  # The same for programs.
  handfast connect example.com --json

  # A page. Versions and algorithms can be chosen.
  handfast connect example.com --http / --tls1_2 --ciphers ECDHE+AESGCM

  # A mail server, a mailbox, a database.
  handfast connect mail.example.com --starttls smtp --crlf
  handfast connect mail.example.com --starttls imap --json
  handfast connect db.example.com --starttls pgsql --json

  # A server with a CA of its own, which wants a certificate of its client.
  handfast connect internal.example:8443 --cafile ca.pem --cert me.pem --key me-key.pem

  # Are sessions resumed? Is early data taken?
  handfast connect example.com --reconnect < /dev/null
  handfast connect example.com --session-out session --json
  handfast connect example.com --session-in session --early-data request.txt

  # Why does it not work? Every message, and what Wireshark needs to read along.
  handfast connect example.com --insecure --trace --keylog keys.txt",
    ),
    (
        "serve",
        "
  # To try something: a throwaway CA, and a page of facts.
  handfast serve --self-signed --ca-out ca.pem --status

  # The files of a directory, on every address.
  handfast serve --cert cert.pem --key key.pem --www site --listen 0.0.0.0:443

  # Certificates of two kinds; hosts and wildcards from a directory.
  handfast serve --cert ecdsa.pem --key ecdsa-key.pem --cert rsa.pem --key rsa-key.pem
  handfast serve --cert-dir /etc/letsencrypt/live --www site

  # Only clients with a certificate of this CA.
  handfast serve --cert cert.pem --key key.pem --client-auth require --client-ca clients.pem

  # A megabyte for every line or request, to measure with.
  handfast serve --self-signed --reply-size 1000000

  # Early data, and sessions that another process resumes as well.
  handfast serve --cert cert.pem --key key.pem --early-data --www site
  handfast serve --cert cert.pem --key key.pem --ticket-keys tickets.key

  # Pre-shared keys and no certificate.
  handfast serve --psk-file keys.txt",
    ),
    (
        "verify",
        "
  # Is this certificate good for a host, by Mozilla's roots? And next spring?
  handfast verify chain.pem --host example.com
  handfast verify chain.pem --host example.com --time 2027-04-01T00:00:00Z

  # By a CA of one's own and its revocation list; a client's certificate.
  handfast verify leaf.pem --untrusted intermediate.pem --cafile ca.pem --crl ca.crl
  handfast verify client.pem --cafile ca.pem --purpose clientAuth --json",
    ),
    (
        "pki",
        "
  # All that a server on this machine needs.
  handfast pki dev

  # A CA, and a certificate from it.
  handfast pki ca --subject \"CN=Example CA\" --new-key ca-key.pem --out ca.pem
  handfast pki issue --ca ca.pem --ca-key ca-key.pem --name www.test --new-key key.pem --out cert.pem",
    ),
    ("pki dev", "  handfast pki dev\n  handfast pki dev app.test 192.0.2.1 --dir certs"),
    (
        "pki key",
        "  handfast pki key --out key.pem\n  handfast pki key --type rsa --bits 3072 --out-pass env:PASSWORD --out key.pem",
    ),
    ("pki csr", "  handfast pki csr --new-key key.pem --name www.example.com --name example.com --out csr.pem"),
    (
        "pki self-sign",
        "  handfast pki self-sign --new-key key.pem --name localhost --name 127.0.0.1 --out cert.pem",
    ),
    (
        "pki ca",
        "
  handfast pki ca --subject \"CN=Example CA,O=Example\" --new-key ca-key.pem --permit test --out ca.pem

  # One below it.
  handfast pki ca --subject \"CN=Example CA 2\" --ca ca.pem --ca-key ca-key.pem --path-length 0 --new-key ca-2-key.pem --out ca-2.pem",
    ),
    (
        "pki issue",
        "
  # By a request, and with a key that is made now.
  handfast pki issue --ca ca.pem --ca-key ca-key.pem --csr csr.pem --out cert.pem
  handfast pki issue --ca ca.pem --ca-key ca-key.pem --name www.test --new-key key.pem --out cert.pem

  # For a client.
  handfast pki issue --ca ca.pem --ca-key ca-key.pem --client --subject CN=me --new-key me-key.pem --out me.pem",
    ),
    (
        "pki crl",
        "  handfast pki crl --ca ca.pem --ca-key ca-key.pem --revoke leaf.pem:keyCompromise --out ca.crl\n  \
         handfast pki crl --ca ca.pem --ca-key ca-key.pem --previous ca.crl --revoke 4a1b:superseded --out ca-2.crl",
    ),
    (
        "pki ocsp",
        "  handfast pki ocsp --ca ca.pem --ca-key ca-key.pem --cert leaf.pem --out leaf.ocsp\n  \
         handfast pki ocsp --ca ca.pem --ca-key ca-key.pem --cert leaf.pem --status revoked:superseded --out leaf.ocsp",
    ),
    ("pki pfx", "  handfast pki pfx cert.pem key.pem --out-pass file:password --out all.pfx"),
    (
        "pki pem",
        "  handfast pki pem all.pfx --pass file:password --out all.pem\n  \
         handfast pki pem all.pfx --pass file:password --certificates",
    ),
    (
        "inspect",
        "
  # A certificate, a key, a revocation list; of any kind.
  handfast inspect cert.pem
  handfast inspect all.pfx --pass file:password --json

  # What a server presents, and what verification says of it.
  handfast inspect example.com
  handfast inspect mail.example.com --starttls smtp",
    ),
    (
        "ciphers",
        "
  # What is on by default; what a string selects, a line for each.
  handfast ciphers
  handfast ciphers -v 'ECDHE+AESGCM:!AES128'",
    ),
    (
        "completions",
        "
  # For this user of bash, of zsh, of fish.
  handfast completions bash > ~/.local/share/bash-completion/completions/handfast
  handfast completions zsh > ~/.zfunc/_handfast
  handfast completions fish > ~/.config/fish/completions/handfast.fish",
    ),
    (
        "man",
        "
  # The page of the program; a page for every command, where `man` finds them.
  handfast man | man -l -
  handfast man ~/.local/share/man/man1",
    ),
    (
        "probe",
        "
  # What does this server speak, and what is wrong with it?
  handfast probe example.com

  # For a pipeline: exit code 4 for anything that could be better.
  handfast probe example.com --fail-on low --json > report.json

  # A mail server; one that wants to see a certificate of its clients.
  handfast probe mail.example.com --starttls smtp
  handfast probe example.com --cert client.pem --key client-key.pem

  # A server with a CA of its own, by its address, gently.
  handfast probe 192.0.2.7:8443 --servername internal.example --cafile ca.pem --parallel 1",
    ),
    (
        "bench",
        "
  # Full and resumed handshakes, five seconds each.
  handfast bench localhost:4433 --cafile ca.pem

  # How fast does a page come, on four connections?
  handfast bench localhost:4433 --cafile ca.pem --get /large.bin --parts down --connections 4

  # The same with TLS alone, against `handfast serve --reply-size 1000000`.
  handfast bench localhost:4433 --cafile ca.pem --reply-size 1000000 --parts down --json",
    ),
];
