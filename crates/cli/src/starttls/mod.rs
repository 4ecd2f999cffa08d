//! Protocols that begin in the clear and turn to TLS at a command: `--starttls`.
//!
//! | file | concept |
//! |---|---|
//! | `dialogue` | what is said and heard in the clear, within bounds |
//! | `lines` | the protocols of lines: SMTP, LMTP, IMAP, POP3, FTP, NNTP, ManageSieve |
//! | `packets` | those of messages with a length: LDAP, PostgreSQL, MySQL |
//! | `xmpp` | that of an XML stream |
//!
//! Nothing that comes in the clear is authenticated. What a server has sent by the time TLS begins is forgotten, and what it
//! has sent beyond its go-ahead ends the connection: read later it would pass for something that came over TLS
//! (CVE-2011-0411 and its kin, CVE-2021-23222 in PostgreSQL's clients).

mod dialogue;
mod lines;
mod packets;
mod xmpp;

use crate::target::Target;
use crate::trace::Traced;
use clap::ValueEnum;
use dialogue::Dialogue;
use handfast::pki_types::ServerName;
use handfast_net::{Connector, Stream};
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::{error, fmt};

/// What is spoken before TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// Mail to a server, and between servers (RFC 3207), port 25
    Smtp,
    /// Mail to a mailbox's server (RFC 2033), port 24
    Lmtp,
    /// Mailboxes (RFC 9051), port 143
    Imap,
    /// Mailboxes (RFC 2595), port 110
    Pop3,
    /// Files: AUTH TLS (RFC 4217), port 21
    Ftp,
    /// News (RFC 4642), port 119
    Nntp,
    /// Mail filters: ManageSieve (RFC 5804), port 4190
    Sieve,
    /// Chat (RFC 6120), port 5222
    Xmpp,
    /// Chat between servers (RFC 6120), port 5269
    XmppServer,
    /// Directories: StartTLS (RFC 4511), port 389
    Ldap,
    /// PostgreSQL: SSLRequest, port 5432
    #[value(alias = "postgres", alias = "postgresql")]
    Pgsql,
    /// MySQL and MariaDB, port 3306
    #[value(alias = "mariadb")]
    Mysql,
}

impl Protocol {
    /// The port of its servers.
    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Smtp => 25,
            Self::Lmtp => 24,
            Self::Imap => 143,
            Self::Pop3 => 110,
            Self::Ftp => 21,
            Self::Nntp => 119,
            Self::Sieve => 4190,
            Self::Xmpp => 5222,
            Self::XmppServer => 5269,
            Self::Ldap => 389,
            Self::Pgsql => 5432,
            Self::Mysql => 3306,
        }
    }
}

/// What is said before TLS, and to whom.
#[derive(Clone)]
pub(crate) struct Begin {
    pub(crate) protocol: Protocol,
    /// The service that is meant, which may be on a machine of another name: some protocols name it.
    pub(crate) host: String,
    /// Whether it is shown.
    pub(crate) traced: Option<Traced>,
}

impl Begin {
    /// Talks until the server expects a ClientHello. `own` is this end's address.
    pub(crate) fn run(&self, socket: &mut (impl Read + Write), own: IpAddr) -> io::Result<()> {
        let (host, mut dialogue) = (self.host.as_str(), Dialogue::new(socket, self.traced));
        match self.protocol {
            Protocol::Smtp => lines::smtp(&mut dialogue, "EHLO", own)?,
            Protocol::Lmtp => lines::smtp(&mut dialogue, "LHLO", own)?,
            Protocol::Imap => lines::imap(&mut dialogue)?,
            Protocol::Pop3 => lines::pop3(&mut dialogue)?,
            Protocol::Ftp => lines::ftp(&mut dialogue)?,
            Protocol::Nntp => lines::nntp(&mut dialogue)?,
            Protocol::Sieve => lines::sieve(&mut dialogue)?,
            Protocol::Xmpp => xmpp::begin(&mut dialogue, "jabber:client", host)?,
            Protocol::XmppServer => xmpp::begin(&mut dialogue, "jabber:server", host)?,
            Protocol::Ldap => packets::ldap(&mut dialogue)?,
            Protocol::Pgsql => packets::pgsql(&mut dialogue)?,
            Protocol::Mysql => packets::mysql(&mut dialogue)?,
        }
        dialogue.finish()
    }
}

/// Connects, and says what is to be said before TLS, if anything is.
pub(crate) fn dial(
    connector: &Connector,
    target: &Target,
    name: ServerName<'static>,
    begin: Option<&Begin>,
) -> io::Result<Stream<TcpStream>> {
    let address = (target.host.as_str(), target.port);
    let Some(begin) = begin else { return connector.connect_to(address, name) };
    connector.connect_through(address, name, |socket| {
        let own = socket.get_ref().local_addr()?.ip();
        begin.run(socket, own)
    })
}

/// Why TLS did not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// The server does not offer TLS.
    NotOffered(String),
    /// The server was asked for TLS and said no; in its words.
    Refused(String),
    /// The server says something that the protocol has not at this point.
    Unexpected(String),
    /// The server hung up.
    Ended,
    /// The server says more than anybody has to say before TLS.
    TooLong,
    /// So many bytes came in the clear after the go-ahead.
    Injected(usize),
}

impl Error {
    /// What programs know it by.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotOffered(_) => "STARTTLS_NOT_OFFERED",
            Self::Refused(_) => "STARTTLS_REFUSED",
            Self::Unexpected(_) => "STARTTLS_UNEXPECTED",
            Self::Ended => "STARTTLS_ENDED",
            Self::TooLong => "STARTTLS_TOO_LONG",
            Self::Injected(_) => "STARTTLS_INJECTION",
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::NotOffered(_) | Self::Refused(_) => {
                "TLS has to be switched on at the server, and offered on this port; somebody on the way can also take the offer out"
            }
            Self::Unexpected(text) if text == dialogue::ALERT => "this port speaks TLS at once: leave out `--starttls`",
            Self::Unexpected(_) => "is this the protocol of that port? `--starttls` has to name what the server speaks",
            Self::Ended => "the server may want another protocol, or not talk to this address",
            Self::TooLong => "is this the protocol of that port?",
            Self::Injected(_) => {
                "somebody on the way, or a broken server, put it there to be taken for something that came over TLS"
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOffered(said) => write!(f, "the server does not offer TLS: {said}"),
            Self::Refused(said) => write!(f, "the server does not begin TLS: {said}"),
            Self::Unexpected(said) => write!(f, "before TLS the server said: {said}"),
            Self::Ended => f.write_str("the server ended the connection before TLS began"),
            Self::TooLong => write!(f, "before TLS the server said more than {} bytes", dialogue::TOTAL),
            Self::Injected(len) => write!(f, "{len} bytes came in the clear after the server's go-ahead for TLS"),
        }
    }
}

impl error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
