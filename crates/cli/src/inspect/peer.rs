//! What a server presents.

use super::{Arguments, print_json, section};
use crate::connect::trust::Trust;
use crate::failure::Failure;
use crate::style::HEADING;
use crate::target::Target;
use crate::verify::tree;
use crate::{escape, remote, starttls};
use handfast::pki::inspect::{self, Value};
use handfast::pki::ocsp::Response;
use handfast::pki::sct::Sct;
use handfast::pki::{Certificate, Description, Error, Path, Request};
use handfast::pki_types::CertificateDer;
use handfast::{ClientConfig, Facts, Peer, Provider};
use handfast_net::{Connector, Stream};
use serde::Serialize;
use serde_json::Value as Json;
use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How many certificates of a chain are shown. More are no chain.
const CERTIFICATES: usize = 32;

/// Connects, shows what was presented, and what verification says of it.
pub(super) fn run(arguments: &Arguments, target: &Target) -> Result<(), Failure> {
    let flags = &arguments.flags;
    let trust = Trust::new(&flags.trust, true)?;
    let name = remote::server_name(flags.host(target))?;
    // What it presents is looked at when all of it is there.
    let builder = trust.apply(ClientConfig::builder()).request_scts(true);
    let config = flags.identify(builder, &trust.provider)?.build().map_err(Failure::usage)?;
    let timeout = Duration::from_secs(arguments.timeout);
    let connector = Connector::new(config).handshake_timeout(Some(timeout));
    let dialled = starttls::dial(&connector, target, name.clone(), flags.begin(&name, None).as_ref());
    let mut stream = dialled.map_err(|error| {
        Failure::connecting(&error, format!("no such file, and no connection to {}", escape::text(&target.to_string())))
    })?;
    let _ = stream.close();
    let peer = stream.facts().peer().ok_or_else(|| Failure::broken("the server has presented no certificate"))?;
    let request = trust.request(peer, &name);
    let seen = Seen { target, stream: &stream, peer, verdict: trust.judge(&request), request, trust: &trust };
    if arguments.json {
        return print_json(&seen.json());
    }
    let mut out = anstream::stdout().lock();
    seen.print(&mut out).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

/// What was seen of a server.
struct Seen<'a> {
    target: &'a Target,
    stream: &'a Stream<TcpStream>,
    peer: &'a Peer,
    request: Request<'a>,
    verdict: Result<Path, Error>,
    trust: &'a Trust,
}

impl Seen<'_> {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let target = escape::text(&self.target.to_string());
        let address = self.stream.peer_addr().map(|address| format!(" at {address}")).unwrap_or_default();
        writeln!(out, "{HEADING}{target}{HEADING:#}{address}: {}", agreed(self.stream.facts()))?;
        for (at, (shown, issuer)) in self.chain().into_iter().enumerate() {
            let issuer = issuer.map(|issuer| format!(", issued by certificate {issuer}")).unwrap_or_default();
            writeln!(out)?;
            section(out, &format!("certificate {at}{issuer}"), shown.as_ref())?;
        }
        if let Some(more) = self.left_out() {
            writeln!(out, "\n{more} certificates more")?;
        }
        if let Some(response) = self.ocsp() {
            writeln!(out)?;
            section(out, "stapled OCSP response", response.as_ref())?;
        }
        if let Some(scts) = self.scts() {
            writeln!(out)?;
            section(out, "signed certificate timestamps of the TLS extension", Ok(scts))?;
        }
        writeln!(out, "\n{HEADING}verification{HEADING:#}, by {}", escape::text(self.trust.source()))?;
        tree::print(out, &self.verdict, &self.request, self.trust.anchors())
    }

    fn json(&self) -> SeenJson {
        let facts = self.stream.facts();
        let error = |why: String| Value::Fields(vec![("error".into(), Value::Text(why))]);
        let chain = self
            .chain()
            .into_iter()
            .map(|(shown, issued_by)| LinkJson { said: shown.map_or_else(error, |own| own.to_value()), issued_by });
        SeenJson {
            target: self.target.to_string(),
            protocol: facts.version.map(|version| version.to_string()),
            cipher: facts.suite.map(|suite| suite.id.to_string()),
            group: facts.group.map(|group| group.to_string()),
            certificate: Description::of_chain(self.certificates(), self.provider()).ok(),
            chain: chain.collect(),
            ocsp_response: self.ocsp().map(|response| response.unwrap_or_else(error)),
            scts: self.scts(),
            verification: tree::json(&self.verdict, &self.request, self.trust.anchors()),
        }
    }

    /// Each certificate, and which of them issued it.
    fn chain(&self) -> Vec<(Result<Description, String>, Option<usize>)> {
        let parsed: Vec<_> = self.certificates().iter().map(|der| Certificate::parse(der)).collect();
        // With where they stand: those that cannot be read have issued nothing.
        let (places, readable): (Vec<_>, Vec<_>) =
            parsed.iter().enumerate().filter_map(|(at, own)| Some((at, own.clone().ok()?))).unzip();
        let describe = |own: &Result<Certificate<'_>, _>| match own {
            Ok(own) => {
                let issuer = inspect::issuer(own, &readable).and_then(|at| places.get(at)).copied();
                (Ok(Description::of(own, self.provider())), issuer)
            }
            Err(rule) => (Err(ToString::to_string(rule)), None),
        };
        parsed.iter().map(describe).collect()
    }

    fn certificates(&self) -> &[CertificateDer<'static>] {
        let chain = &self.peer.credential.chain;
        chain.get(..CERTIFICATES).unwrap_or(chain)
    }

    /// How many certificates are not shown.
    fn left_out(&self) -> Option<usize> {
        self.peer.credential.chain.len().checked_sub(CERTIFICATES).filter(|more| *more > 0)
    }

    fn ocsp(&self) -> Option<Result<Value, String>> {
        let response = self.peer.credential.ocsp.as_deref()?;
        Some(Response::parse(response).map(|response| inspect::ocsp(&response)).map_err(|rule| rule.to_string()))
    }

    fn scts(&self) -> Option<Value> {
        let scts = self.peer.credential.scts.as_ref()?;
        let one =
            |sct: &Vec<u8>| Sct::parse(sct).map_or_else(|rule| Value::text(rule.to_string()), |sct| inspect::sct(&sct));
        Some(Value::List(scts.iter().map(one).collect()))
    }

    fn provider(&self) -> &Provider {
        &self.trust.provider
    }
}

/// The same for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SeenJson {
    target: String,
    protocol: Option<String>,
    cipher: Option<String>,
    group: Option<String>,
    certificate: Option<Description>,
    chain: Vec<LinkJson>,
    ocsp_response: Option<Value>,
    scts: Option<Value>,
    verification: Json,
}

/// A certificate of the chain, and which of them issued it.
#[derive(Serialize)]
struct LinkJson {
    #[serde(flatten)]
    said: Value,
    #[serde(rename = "issuedBy")]
    issued_by: Option<usize>,
}

/// What was agreed on, in a line.
fn agreed(facts: &Facts) -> String {
    let version = facts.version.map(|version| version.to_string());
    let suite = facts.suite.map(|suite| suite.id.to_string());
    let group = facts.group.map(|group| group.to_string());
    [version, suite, group].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
