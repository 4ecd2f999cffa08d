//! The server's configuration, which can be made anew while connections are served.

use super::look::Look;
use super::sessions::Memory;
use super::{Arguments, Mode};
use crate::failure::Failure;
use crate::{judge, tls};
use handfast::pki::Policy;
use handfast::{ClientAuth, Hosts, Identity, PathVerifier, Provider, Resolve, ServerConfig, UnknownPsk};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is served with. A connection keeps the configuration it began with.
pub(crate) struct Live {
    pub(super) provider: Provider,
    /// The configuration for every host that is served.
    pub(super) hosts: Arc<Hosts>,
    memory: Memory,
    /// The certificate that was made on the spot.
    made: Option<Arc<Identity>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The names in `hosts`.
    names: BTreeSet<String>,
    /// How the files looked when they were read.
    looks: Vec<(PathBuf, Option<Look>)>,
}

impl Live {
    pub(super) fn new(arguments: &Arguments) -> Result<Self, Failure> {
        let provider = handfast::rustcrypto::provider();
        let live = Self {
            memory: Memory::new(&arguments.sessions, &provider)?,
            made: arguments.identity.made(&provider)?,
            hosts: Arc::default(),
            state: Mutex::default(),
            provider,
        };
        live.load(arguments)?;
        Ok(live)
    }

    /// [`Live::load`] while connections are served: files can be read a second time, pipes cannot.
    pub(super) fn load_again(&self, arguments: &Arguments) -> Result<(), Failure> {
        named(arguments).try_for_each(|path| tls::regular(path))?;
        self.load(arguments)
    }

    /// Reads every file anew and serves with what is in them. What cannot be used changes nothing.
    fn load(&self, arguments: &Arguments) -> Result<(), Failure> {
        let mut state = self.state();
        // Before they are read: what changes meanwhile is read again.
        let looks = looks(arguments);
        let (config, names) = self.configuration(arguments)?;
        // What could not be read is tried again, for the reason may pass.
        state.looks = looks;
        if !arguments.identity.strict_sni {
            self.hosts.otherwise(config);
            return Ok(());
        }
        for name in &names {
            self.hosts.add(name, config.clone());
        }
        for name in state.names.difference(&names) {
            self.hosts.remove(name);
        }
        state.names = names;
        Ok(())
    }

    /// Reads the keys of tickets anew. Otherwise that is done when they are wanted.
    pub(super) fn refresh_ticket_keys(&self) {
        self.memory.refresh();
    }

    /// Whether a file has changed since it was read, come or gone.
    pub(super) fn is_old(&self, arguments: &Arguments) -> bool {
        self.state().looks != looks(arguments)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the flags and the files say, and for which hosts there are certificates.
    fn configuration(&self, arguments: &Arguments) -> Result<(Arc<ServerConfig>, BTreeSet<String>), Failure> {
        let provider = &self.provider;
        let mut certificates = arguments.identity.certificates(provider)?;
        self.made.iter().for_each(|made| certificates.add(made.clone()));
        certificates.strict = arguments.identity.strict_sni;
        let psks = arguments.psk.keys(provider)?;
        let has_certificates = !certificates.all().is_empty();
        if !has_certificates && psks.is_none() {
            return Err(Failure::usage("a server needs something to prove who it is")
                .hint("give `--cert FILE --key FILE`, `--cert-dir DIR`, `--self-signed` or `--psk-file FILE`"));
        }
        #[cfg(feature = "legacy")]
        let legacy = crate::legacy::server(&arguments.choices.legacy, &arguments.legacy, certificates.all(), provider)?;
        let blank = || {
            let builder = ServerConfig::builder();
            #[cfg(feature = "legacy")]
            let builder = builder.legacy(legacy.clone());
            builder
        };
        let mut builder = tls::apply!(&arguments.choices, blank().identities(Resolve::Ask), blank());
        builder = self.memory.apply(builder);
        if let Some(psks) = psks {
            builder = builder.psks(Resolve::Now(Arc::new(psks)));
            if !has_certificates {
                builder = builder.unknown_psk(UnknownPsk::Hide);
            }
        }
        if arguments.choices.alpn.is_empty() && arguments.is_http() {
            builder = builder.protocols(["http/1.1"]);
        }
        let names = certificates.hosts().map(str::to_string).collect();
        if has_certificates {
            // The builder looks at each; then it is the host that decides.
            builder = certificates.all().iter().cloned().fold(builder, |builder, identity| builder.identity(identity));
            builder = builder.identities(Resolve::Now(Arc::new(certificates)));
        }
        let mode = match arguments.client_auth {
            Mode::None => ClientAuth::None,
            Mode::Request => ClientAuth::Request,
            Mode::Require => ClientAuth::Require,
        };
        match (mode, &arguments.client_ca) {
            // Who names a CA believes that clients are checked.
            (ClientAuth::None, Some(_)) => {
                let failure = Failure::usage("`--client-ca` without `--client-auth` would check nobody");
                return Err(failure.hint("add `--client-auth request` or `--client-auth require`"));
            }
            (mode, Some(file)) => {
                let anchors = tls::anchors(file)?;
                let policy = Policy { revocation: judge::revocation(&arguments.client_crl)?, ..Policy::default() };
                let judge = PathVerifier::with_policy(provider.clone(), anchors.clone(), policy);
                builder = builder.client_verifier(mode, Resolve::Now(Arc::new(judge))).authorities(anchors.subjects());
            }
            (_, None) => {}
        }
        Ok((builder.build().map_err(Failure::usage)?, names))
    }
}

/// The files that the command line names, without those of passwords: there a pipe is read once.
fn named(arguments: &Arguments) -> impl Iterator<Item = &PathBuf> {
    let files = arguments.identity.files().chain(&arguments.client_ca).chain(&arguments.client_crl);
    #[cfg(feature = "legacy")]
    let files = files.chain(arguments.legacy.files());
    files.chain(arguments.psk.file())
}

fn looks(arguments: &Arguments) -> Vec<(PathBuf, Option<Look>)> {
    let files = named(arguments).cloned().chain(arguments.identity.in_directory());
    files
        .map(|path| {
            let look = Look::at(&path);
            (path, look)
        })
        .collect()
}
