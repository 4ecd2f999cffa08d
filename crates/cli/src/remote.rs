//! The server that is spoken to, and how: the flags that `connect`, `probe`, `bench` and `inspect` share.

use crate::connect::trust;
use crate::failure::Failure;
use crate::own;
use crate::starttls::{Begin, Protocol};
use crate::target::Target;
use crate::trace::Traced;
use clap::Args;
use handfast::pki_types::ServerName;
use handfast::{ClientConfigBuilder, Provider, Resolve};
use std::sync::Arc;

/// A server.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Remote {
    /// HOST or HOST:PORT, an IPv6 address in brackets; the port is 443, or that of `--starttls`, if none is given
    #[arg(value_name = "HOST[:PORT]")]
    target: Target,

    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// All but where it is.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Flags {
    /// The name the certificate must be for, and that is sent (SNI); HOST if none is given
    #[arg(long, value_name = "NAME")]
    servername: Option<String>,

    /// Speak this protocol until it turns to TLS; the port is the protocol's own if none is given
    #[arg(long, value_name = "PROTOCOL")]
    starttls: Option<Protocol>,

    #[command(flatten)]
    pub(crate) trust: trust::Flags,

    #[command(flatten)]
    pub(crate) own: own::Flags,
}

impl Remote {
    /// Where to connect to.
    pub(crate) fn target(&self) -> Target {
        self.flags.target(self.target.clone())
    }

    /// What it is called.
    pub(crate) fn host(&self) -> &str {
        self.flags.host(&self.target)
    }

    /// The name that its certificate has to be for.
    pub(crate) fn name(&self) -> Result<ServerName<'static>, Failure> {
        server_name(self.host())
    }
}

impl Flags {
    /// The same at the port of the protocol that is spoken first, unless a port was written.
    pub(crate) fn target(&self, target: Target) -> Target {
        match self.starttls {
            Some(protocol) => target.or_port(protocol.port()),
            None => target,
        }
    }

    /// What the server there is called.
    pub(crate) fn host<'a>(&'a self, target: &'a Target) -> &'a str {
        self.servername.as_deref().unwrap_or(&target.host)
    }

    /// What is spoken before TLS with the service of that name.
    pub(crate) fn begin(&self, name: &ServerName<'_>, traced: Option<Traced>) -> Option<Begin> {
        self.starttls.map(|protocol| Begin { protocol, host: name.to_str().into_owned(), traced })
    }

    /// With one's own certificates, for a server that asks for them.
    pub(crate) fn identify(
        &self,
        builder: ClientConfigBuilder,
        provider: &Provider,
    ) -> Result<ClientConfigBuilder, Failure> {
        let identities = self.own.identities(provider)?;
        Ok(if identities.is_empty() { builder } else { builder.identities(Resolve::Now(Arc::new(identities))) })
    }
}

/// What a certificate can be for.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, Failure> {
    ServerName::try_from(host.to_string()).map_err(|_| {
        Failure::usage(format!("`{host}` is neither a host name nor an address, so no certificate can match it"))
            .hint("names in other scripts are written in their ASCII form, which begins with xn--")
    })
}
