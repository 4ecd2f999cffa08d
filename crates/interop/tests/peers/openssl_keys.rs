//! Private keys in every container: what `openssl` and Java's `keytool` wrote is loaded here and signs for its certificate, what
//! is written here they read back as the same key; and what is cut, changed, or under another password is refused by all.

use handfast::{ServerConfig, ServerConfigBuilder};
use handfast_crypto::signature::Scheme;
use handfast_crypto::{KeyKind, Provider, PublicKey};
use handfast_interop::ours;
use handfast_interop::process::Process;
use handfast_interop::world::WORLD;
use handfast_legacy_keys::WAYS;
use handfast_pki::bundle::Error;
use handfast_pki::encrypted::{Fault, seal_key};
use handfast_pki::make::{Builder, Identity, Key, KeySpec};
use handfast_pki::{Bundle, bundle, leaf_key, pem, pfx};
use pki_types::{PrivateKeyDer, UnixTime};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::SystemTime;

/// Every kind of key, with the options of `openssl genpkey`.
const KINDS: [(&str, &str); 8] = [
    ("rsa2048", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
    ("rsa3072", "-algorithm RSA -pkeyopt rsa_keygen_bits:3072"),
    ("rsa4096", "-algorithm RSA -pkeyopt rsa_keygen_bits:4096"),
    ("rsapss", "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048"),
    ("p256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
    ("p384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
    ("p521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"),
    ("ed25519", "-algorithm ED25519"),
];

const PASSWORD: &str = "sécret wörd";

/// How a container holds a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    /// In the clear.
    None,
    /// Encrypted; a change is noticed if it makes something else than a key of it.
    Password,
    /// Encrypted and under a MAC.
    Mac,
}

/// A container: its name, the lock, whether it is for `handfast-legacy-keys`, and the command that writes it into OUT.
type Container = (&'static str, Lock, bool, &'static str);

const ANY: [Container; 11] = [
    ("pkcs8.pem", Lock::None, false, "pkey -in key.pem -out OUT"),
    ("pkcs8.der", Lock::None, false, "pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out OUT"),
    ("aes128.pem", Lock::Password, false, "pkcs8 -topk8 -v2 aes-128-cbc -in key.pem -passout env:PASS -out OUT"),
    ("aes192.pem", Lock::Password, false, "pkcs8 -topk8 -v2 aes-192-cbc -in key.pem -passout env:PASS -out OUT"),
    ("aes256.pem", Lock::Password, false, "pkcs8 -topk8 -v2 aes-256-cbc -in key.pem -passout env:PASS -out OUT"),
    ("aes256.der", Lock::Password, false, "pkcs8 -topk8 -in key.pem -outform DER -passout env:PASS -out OUT"),
    ("scrypt.pem", Lock::Password, false, "pkcs8 -topk8 -scrypt -in key.pem -passout env:PASS -out OUT"),
    ("aes.p12", Lock::Mac, false, "pkcs12 -export -inkey key.pem -in leaf.pem -passout env:PASS -out OUT"),
    (
        "sha512.p12",
        Lock::Mac,
        false,
        "pkcs12 -export -macalg sha512 -inkey key.pem -in leaf.pem -passout env:PASS -out OUT",
    ),
    ("legacy.p12", Lock::Mac, true, "pkcs12 -export -legacy -inkey key.pem -in leaf.pem -passout env:PASS -out OUT"),
    ("3des.pem", Lock::Password, true, "pkcs8 -topk8 -v1 PBE-SHA1-3DES -in key.pem -passout env:PASS -out OUT"),
];

const RSA: [Container; 4] = [
    ("pkcs1.pem", Lock::None, false, "rsa -traditional -in key.pem -out OUT"),
    ("pkcs1.der", Lock::None, false, "rsa -traditional -in key.pem -outform DER -out OUT"),
    ("dek-aes128.pem", Lock::Password, true, "rsa -traditional -aes128 -in key.pem -passout env:PASS -out OUT"),
    ("dek-3des.pem", Lock::Password, true, "rsa -traditional -des3 -in key.pem -passout env:PASS -out OUT"),
];

const EC: [Container; 4] = [
    ("sec1.pem", Lock::None, false, "ec -in key.pem -out OUT"),
    ("sec1.der", Lock::None, false, "ec -in key.pem -outform DER -out OUT"),
    ("dek-aes256.pem", Lock::Password, true, "ec -aes256 -in key.pem -passout env:PASS -out OUT"),
    ("dek-3des.pem", Lock::Password, true, "ec -des3 -in key.pem -passout env:PASS -out OUT"),
];

fn containers(kind: &str) -> impl Iterator<Item = Container> {
    let own: &[Container] = match kind {
        "rsa2048" | "rsa3072" | "rsa4096" => &RSA,
        "p256" | "p384" | "p521" => &EC,
        _ => &[],
    };
    ANY.iter().chain(own).copied()
}

fn provider() -> Provider {
    handfast_rustcrypto::provider()
}

/// A folder of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = WORLD.directory().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn run(&self, program: &str, password: &str, command: &str) -> Output {
        let words = command.split(' ');
        Command::new(program)
            .args(words)
            .env("PASS", password)
            .env("LC_ALL", "C.UTF-8")
            .current_dir(&self.0)
            .output()
            .unwrap()
    }

    /// What `openssl` says on its standard output.
    #[track_caller]
    fn openssl(&self, command: &str) -> Vec<u8> {
        let output = self.run("openssl", PASSWORD, command);
        assert!(output.status.success(), "openssl {command}\n{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    #[track_caller]
    fn refuses(&self, password: &str, command: &str) {
        let output = self.run("openssl", password, command);
        assert!(!output.status.success(), "openssl {command} with {password}");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), bytes).unwrap();
    }
}

/// Loads a container, whose certificate is in it or in `leaf`.
fn load(bytes: &[u8], leaf: &[u8], password: Option<&str>, legacy: bool) -> Result<bundle::Pair, Error> {
    let provider = provider();
    let mut bundle = if legacy { Bundle::new().legacy(WAYS) } else { Bundle::new() };
    bundle.add(&provider, bytes, password.map(str::as_bytes))?;
    bundle.add(&provider, leaf, None)?;
    let mut pairs = bundle.pair(&provider)?.pairs;
    assert_eq!(pairs.len(), 1);
    Ok(pairs.remove(0))
}

/// It signs in every way it can, and the certificate's key agrees.
fn check(what: &str, pair: &bundle::Pair) {
    let key: PublicKey = leaf_key(&pair.chain[0]).unwrap();
    assert!(!pair.signer.schemes().is_empty(), "{what}");
    for scheme in pair.signer.schemes() {
        let signature = pair.signer.sign(*scheme, b"message", &*provider().random).unwrap();
        let algorithm = Scheme::find(*scheme).unwrap().algorithm;
        assert_eq!(provider().verifier.verify(algorithm, &key, b"message", &signature), Ok(()), "{what} {scheme}");
    }
}

#[test]
fn its_keys_are_loaded() {
    for (kind, options) in KINDS {
        let folder = Folder::new(&format!("keys-theirs-{kind}"));
        folder.openssl(&format!("genpkey {options} -out key.pem"));
        folder.openssl("req -x509 -key key.pem -subj /CN=keys.test -out leaf.pem");
        let leaf = folder.read("leaf.pem");
        for (name, lock, legacy, command) in containers(kind) {
            let what = format!("{kind} {name}");
            folder.openssl(&command.replace("OUT", name));
            let bytes = folder.read(name);
            let password = Some(PASSWORD).filter(|_| lock != Lock::None);
            check(&what, &load(&bytes, &leaf, password, legacy).unwrap_or_else(|error| panic!("{what}: {error}")));
            if lock != Lock::None {
                let fault = |password, legacy| match load(&bytes, &leaf, password, legacy).map(drop) {
                    Err(error) => error.fault().cloned().unwrap_or_else(|| panic!("{what}: {error}")),
                    Ok(()) => panic!("{what}: it opens"),
                };
                assert_eq!(fault(Some("secret word"), legacy), Fault::WrongPassword, "{what}");
                assert_eq!(fault(None, legacy), Fault::NoPassword, "{what}");
                if legacy {
                    assert!(matches!(fault(Some(PASSWORD), false), Fault::Unsupported(_)), "{what}");
                }
            }
            spoil(&what, &bytes, |spoiled, is_cut| match load(spoiled, &leaf, password, legacy) {
                Err(_) => {}
                // What nothing protects may be changed where it does not matter; a key that loads is the one of the
                // certificate.
                Ok(pair) => {
                    assert!(!is_cut && lock != Lock::Mac, "{what}: spoiled and opened");
                    check(&what, &pair);
                }
            });
        }
    }
}

/// Cuts a file, and changes a bit here and there.
fn spoil(what: &str, bytes: &[u8], mut look: impl FnMut(&[u8], bool)) {
    // The end of a PEM file is a line that has to be whole.
    let whole = bytes.trim_ascii_end().len();
    let whole = if bytes.first() == Some(&0x30) { bytes.len() } else { whole };
    assert!(whole > 40, "{what}");
    for len in [whole - 1, whole / 2, 20] {
        look(&bytes[..len], true);
    }
    for at in (0..whole).step_by(whole / 12) {
        let mut changed = bytes.to_vec();
        changed[at] ^= 4;
        look(&changed, false);
    }
}

/// A key that is made here, where that is done; one of OpenSSL, loaded, otherwise.
fn key_of(folder: &Folder, kind: &str, options: &str) -> Key {
    let spec: KeySpec = match kind {
        "rsa2048" => KeySpec::rsa(2048),
        "p256" => KeyKind::P256.into(),
        "p384" => KeyKind::P384.into(),
        "p521" => KeyKind::P521.into(),
        "ed25519" => KeyKind::Ed25519.into(),
        _ => {
            folder.openssl(&format!("genpkey {options} -out given.pem"));
            return Key::load(&provider(), &pem::private_key(&folder.read("given.pem")).unwrap()).unwrap();
        }
    };
    Key::generate(&provider(), spec).unwrap()
}

fn now() -> UnixTime {
    UnixTime::since_unix_epoch(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap())
}

fn root() -> Identity {
    Identity::root(&provider(), Builder::ca("keys CA", now()), KeyKind::P256).unwrap()
}

#[test]
fn it_loads_our_keys() {
    let ca = root();
    for (kind, options) in KINDS {
        let folder = Folder::new(&format!("keys-ours-{kind}"));
        let key = key_of(&folder, kind, options);
        let leaf = Builder::server(&["keys.test"], now()).signed_by(&provider(), &ca, key.public_key()).unwrap();
        folder.write("leaf.pem", &*pem::encode("CERTIFICATE", &leaf));
        let PrivateKeyDer::Pkcs8(der) = key.der() else { panic!("{kind}") };
        let sealed = seal_key(&provider(), PASSWORD.as_bytes(), der).unwrap();
        let chain = [leaf, ca.certificate.clone()];
        let pfx = pfx::write(&provider(), PASSWORD.as_bytes(), &chain, der, Some("näme")).unwrap();
        folder.write("plain.pem", key.to_pem().as_bytes());
        folder.write("sealed.pem", &*pem::encode("ENCRYPTED PRIVATE KEY", &sealed));
        folder.write("sealed.der", &sealed);
        folder.write("ours.p12", &pfx);

        let public = folder.openssl("x509 -in leaf.pem -noout -pubkey");
        let commands = [
            ("plain.pem", "pkey -in IN -pubout"),
            ("sealed.pem", "pkey -in IN -passin env:PASS -pubout"),
            ("sealed.der", "pkey -in IN -inform DER -passin env:PASS -pubout"),
        ];
        for (name, command) in commands {
            assert_eq!(folder.openssl(&command.replace("IN", name)), public, "{kind} {name}");
        }
        let open = "pkcs12 -in IN -passin env:PASS -noenc -out all.pem";
        folder.openssl(&open.replace("IN", "ours.p12"));
        assert_eq!(folder.openssl("pkey -in all.pem -pubout"), public, "{kind}");
        let all = folder.read("all.pem");
        assert_eq!(load(&all, &all, None, false).unwrap().chain, chain, "{kind}: key and chain, as they were");
        // It shows a name that is more than ASCII in Latin-1.
        assert!(all.windows(18).any(|shown| shown == b"friendlyName: n\xe4me"), "{kind}");

        for (name, command) in [commands[1], commands[2], ("ours.p12", open)] {
            let command = command.replace("IN", name);
            folder.refuses("secret word", &command);
            folder.refuses("", &command);
        }
        for (name, command) in commands.into_iter().chain([("ours.p12", open)]) {
            spoil(name, &folder.read(name), |spoiled, is_cut| {
                // What nothing protects may be changed where OpenSSL does not look.
                if is_cut || name == "ours.p12" {
                    folder.write("spoiled", spoiled);
                    folder.refuses(PASSWORD, &command.replace("IN", "spoiled"));
                }
            });
        }
    }
}

/// Keys and chains of three kinds in one file, in no order, one of the keys under a password: each client is served the one that
/// it can use.
#[test]
fn a_file_of_several_chains_is_served() {
    let folder = Folder::new("keys-several");
    let (one, two) = (root(), root());
    let middle = one.issue(&provider(), Builder::ca("keys middle CA", now()), KeyKind::P384).unwrap();
    let leaf = |ca: &Identity, name: &str, kind| ca.issue(&provider(), Builder::server(&[name], now()), kind).unwrap();
    let [a, b, c] = [
        leaf(&middle, "a.test", KeyKind::P256),
        leaf(&two, "b.test", KeyKind::Rsa),
        leaf(&middle, "c.test", KeyKind::Ed25519),
    ];
    folder.write("c.key", c.key.to_pem().as_bytes());
    folder.openssl("pkcs8 -topk8 -in c.key -passout env:PASS -out c.sealed");
    let sealed = String::from_utf8(folder.read("c.sealed")).unwrap();
    let [a_pem, b_pem, c_pem, middle_pem, one_pem] = [&a, &b, &c, &middle, &one].map(Identity::certificate_pem);
    let (a_key, b_key) = (a.key.to_pem(), b.key.to_pem());
    let text = [&*c_pem, &one_pem, &b_key, &a_pem, &sealed, &middle_pem, &b_pem, &a_key].concat();
    folder.write("roots.pem", [one_pem, two.certificate_pem()].concat());

    let mut bundle = Bundle::new();
    bundle.add(&provider(), text.as_bytes(), Some(PASSWORD.as_bytes())).unwrap();
    let identities = handfast::Identity::from_bundle(&provider(), bundle).unwrap();
    assert_eq!(identities.len(), 3);
    let config = identities.into_iter().fold(ServerConfig::builder(), ServerConfigBuilder::identity).build().unwrap();
    for (name, schemes) in [
        ("a.test", "ECDSA+SHA256:ECDSA+SHA384"),
        ("b.test", "rsa_pss_rsae_sha256:ECDSA+SHA256"),
        ("c.test", "ed25519:ECDSA+SHA256:ECDSA+SHA384"),
    ] {
        let server = ours::serve(config.clone(), ours::echo);
        let (address, roots) = (format!("127.0.0.1:{}", server.port), folder.0.join("roots.pem"));
        let roots = roots.to_str().unwrap();
        let trust = ["-CAfile", roots, "-verify_return_error", "-verify_hostname", name, "-sigalgs", schemes];
        let fixed = ["s_client", "-connect", &address, "-servername", name, "-quiet", "-no_ign_eof"];
        let mut client = Process::start("openssl", fixed.iter().chain(&trust));
        client.type_in(b"hello\n");
        client.wait_for_word("hello\n");
        client.end_input();
        server.succeed_with(&client);
    }
}

/// Java's store, of three kinds of key.
#[test]
fn keytool_reads_and_writes_files() {
    let ca = root();
    for (name, options, kind) in [
        ("ec", "-keyalg EC -groupname secp256r1", KeyKind::P256),
        ("rsa", "-keyalg RSA -keysize 2048", KeyKind::Rsa),
        ("ed25519", "-keyalg Ed25519", KeyKind::Ed25519),
    ] {
        let folder = Folder::new(&format!("keys-java-{name}"));
        let keytool = |command: &str| {
            let output = folder.run("keytool", PASSWORD, command);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            (output.status.success(), said)
        };
        let (done, said) = keytool(&format!(
            "-genkeypair -storetype PKCS12 -keystore theirs.p12 -storepass secret -alias a -dname CN=keys.test {options}"
        ));
        assert!(done, "{said}");
        let theirs = load_pfx(&folder.read("theirs.p12"), "secret").unwrap();
        check(name, &theirs);
        assert_eq!(theirs.signer.public_key().kind, kind);
        assert_eq!(load_pfx(&folder.read("theirs.p12"), "Secret").map(drop), Err(Error::Pfx(Fault::WrongPassword)));

        let key = Key::load(&provider(), &theirs.key).unwrap();
        let leaf = Builder::server(&["keys.test"], now()).signed_by(&provider(), &ca, key.public_key()).unwrap();
        let chain = [leaf, ca.certificate.clone()];
        let PrivateKeyDer::Pkcs8(der) = key.der() else { panic!("{name}") };
        folder.write("ours.p12", pfx::write(&provider(), b"secret", &chain, der, Some("ours")).unwrap());
        let (done, said) = keytool("-list -v -keystore ours.p12 -storepass secret");
        assert!(done && said.contains("PrivateKeyEntry") && said.contains("chain length: 2"), "{said}");
        assert!(!keytool("-list -keystore ours.p12 -storepass Secret").0);
        // To copy an entry it has to open the key.
        let (done, said) = keytool(
            "-importkeystore -srckeystore ours.p12 -srcstorepass secret -destkeystore copy.p12 -deststorepass another",
        );
        assert!(done, "{said}");
        let copy = load_pfx(&folder.read("copy.p12"), "another").unwrap();
        assert_eq!((&copy.chain, copy.signer.public_key()), (&chain.to_vec(), key.public_key()));
        check(name, &copy);
    }
}

fn load_pfx(bytes: &[u8], password: &str) -> Result<bundle::Pair, Error> {
    let mut bundle = Bundle::new();
    bundle.add_pfx(&provider(), bytes, Some(password.as_bytes()))?;
    let mut pairs = bundle.pair(&provider())?.pairs;
    assert_eq!(pairs.len(), 1);
    Ok(pairs.remove(0))
}
