//! The server's certificates: from files and directories, or made on the spot.

use super::certificates::{Certificates, Place, is_for};
use crate::failure::Failure;
use crate::{file, own, tls};
use clap::{Args, ValueHint};
use handfast::crypto::KeyKind;
use handfast::pki::make::{self, Builder};
use handfast::pki::ocsp::Response;
use handfast::{Clock, Identity, Provider, SystemClock};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
#[group(skip)]
pub(crate) struct Flags {
    #[command(flatten)]
    own: own::Flags,

    /// Take the certificates of DIR: of every directory in it those for the host it is called after (`www.example.com`,
    /// `*.example.com` or `_.example.com`; `default` is for hosts that nobody has), with their keys, the files together; and
    /// of every file in it a key with its certificates. What ends with .pem, .crt, .cer, .der, .key, .p12 or .pfx is read,
    /// and in a directory an OCSP response in .ocsp; these must be regular files, or links to such
    #[arg(long, value_name = "DIR", group = "own", value_hint = ValueHint::DirPath)]
    cert_dir: Option<PathBuf>,

    /// Refuse clients that ask for a host without a certificate of its own, or for none (unrecognized_name)
    #[arg(long, requires = "own", conflicts_with = "self_signed")]
    pub(super) strict_sni: bool,

    /// The OCSP response to staple to the certificate at the same place, those of `--pfx` last (DER)
    #[arg(long, value_name = "FILE", requires = "own", conflicts_with = "cert_dir", value_hint = ValueHint::FilePath)]
    ocsp: Vec<PathBuf>,

    /// Make a CA and a certificate for localhost, 127.0.0.1 and ::1, for as long as the program runs
    #[arg(long, conflicts_with = "own")]
    self_signed: bool,

    /// Where the certificate of that CA is written (PEM)
    #[arg(long, value_name = "FILE", requires = "self_signed", value_hint = ValueHint::FilePath)]
    ca_out: Option<PathBuf>,
}

/// What a certificate that is made on the spot is for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What files with keys and certificates are called.
const EXTENSIONS: [&str; 7] = ["pem", "crt", "cer", "der", "key", "p12", "pfx"];

/// How many files and directories a directory of certificates may have, and each of those in it.
const ENTRIES: usize = 10_000;

/// What a file with an OCSP response is called.
const OCSP: &str = "ocsp";

impl Flags {
    /// The certificate that is made on the spot, if one is.
    pub(super) fn made(&self, provider: &Provider) -> Result<Option<Arc<Identity>>, Failure> {
        self.self_signed.then(|| self_signed(self.ca_out.as_deref(), provider)).transpose()
    }

    /// The certificates of the files, as they are now, the most preferred first; none where the flags name none.
    pub(super) fn certificates(&self, provider: &Provider) -> Result<Certificates, Failure> {
        let mut certificates = Certificates::default();
        // A password may be for the directory alone.
        let has_files = self.cert_dir.is_none() || self.own.files().next().is_some();
        let mut identities = if has_files { self.own.identities(provider)? } else { Vec::new() };
        if !self.ocsp.is_empty() {
            let (owners, responses) = (identities.len(), self.ocsp.len());
            if owners != responses {
                return Err(Failure::usage(format!(
                    "{owners} certificates and {responses} times `--ocsp`: they belong together"
                )));
            }
            let responses: Result<Vec<_>, _> = self.ocsp.iter().map(|path| response(path)).collect();
            let stapled = identities.into_iter().zip(responses?);
            identities = stapled.map(|(identity, response)| identity.with_ocsp(response)).collect();
        }
        identities.into_iter().for_each(|identity| certificates.add(identity));
        if let Some(dir) = &self.cert_dir {
            self.directory(dir, provider, &mut certificates)?;
        }
        Ok(certificates)
    }

    /// The files that are named, without those of passwords.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.own.files().chain(&self.ocsp)
    }

    /// What is in the directory of certificates, and was read or would be now.
    pub(super) fn in_directory(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        if let Some(dir) = &self.cert_dir {
            files.push(dir.clone());
            for entry in entries(dir).unwrap_or_default() {
                files.extend(entries(&entry).unwrap_or_default());
                files.push(entry);
            }
        }
        files
    }

    fn directory(&self, dir: &Path, provider: &Provider, certificates: &mut Certificates) -> Result<(), Failure> {
        let mut found = Vec::new();
        for entry in entries(dir)? {
            if !entry.is_dir() {
                if has_extension(&entry, &EXTENSIONS) {
                    tls::regular(&entry)?;
                    let identities = self.own.load(provider, &[&entry])?;
                    found.extend(identities.into_iter().map(|identity| (Place::Any, identity)));
                }
                continue;
            }
            let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let place = Place::of(&name);
            for identity in self.host(&entry, provider)? {
                if let Place::Host(host) = &place
                    && !is_for(&identity, host)
                {
                    tls::warn(&format!("{}: the certificate is not for {host}", entry.display()));
                }
                found.push((place.clone(), identity));
            }
        }
        if found.is_empty() {
            return Err(Failure::usage(format!("{}: no certificate", dir.display()))
                .hint("DIR has directories that are called like hosts, with the files of a key and its certificates"));
        }
        // What a directory is called goes before what is in the certificates of another.
        for (place, identity) in &found {
            certificates.add_for(place, identity);
        }
        found.into_iter().for_each(|(_, identity)| certificates.add(identity));
        Ok(())
    }

    /// The certificates of one host.
    fn host(&self, dir: &Path, provider: &Provider) -> Result<Vec<Arc<Identity>>, Failure> {
        let entries = entries(dir)?;
        let of = |extensions: &[&str]| -> Vec<&Path> {
            let files = entries.iter().filter(|path| !path.is_dir() && has_extension(path, extensions));
            files.map(PathBuf::as_path).collect()
        };
        let (files, responses) = (of(&EXTENSIONS), of(&[OCSP]));
        files.iter().chain(&responses).try_for_each(|path| tls::regular(path))?;
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let identities = self.own.load(provider, &files)?;
        match (responses.as_slice(), identities.as_slice()) {
            ([], _) => Ok(identities),
            ([path], [identity]) => Ok(vec![identity.clone().with_ocsp(response(path)?)]),
            _ => Err(Failure::usage(format!(
                "{}: {} certificates and {} OCSP responses: there can be one of each",
                dir.display(),
                identities.len(),
                responses.len()
            ))),
        }
    }
}

/// What is in a directory and not hidden, by name.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| Failure::io(&error, dir.display());
    let entries = fs::read_dir(dir).map_err(failed)?.map(|entry| Ok(entry?.path()));
    let mut entries = entries.take(ENTRIES + 1).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    if entries.len() > ENTRIES {
        return Err(Failure::usage(format!("{}: there are more than {ENTRIES} files in it", dir.display())));
    }
    entries.retain(|path| !path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.')));
    entries.sort();
    Ok(entries)
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    extensions.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

/// An OCSP response. Whether it says what clients want to hear is for them.
fn response(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = tls::read(path)?;
    match Response::parse(&bytes) {
        Ok(_) => Ok(bytes),
        Err(rule) => Err(Failure::usage(format!("{}: it cannot be stapled: {rule}", path.display()))
            .hint("`openssl ocsp … -respout FILE` writes one that can be stapled")),
    }
}

fn self_signed(ca_out: Option<&Path>, provider: &Provider) -> Result<Arc<Identity>, Failure> {
    let now = SystemClock.now();
    let made = |error: make::Error| Failure::broken(format!("no certificate could be made: {error}"));
    let ca = make::Identity::root(provider, Builder::ca("Handfast throwaway CA", now), KeyKind::P256).map_err(made)?;
    let leaf = ca.issue(provider, Builder::server(&NAMES, now), KeyKind::P256).map_err(made)?;
    match ca_out {
        Some(path) => {
            file::replace(path, ca.certificate_pem().as_bytes(), file::Readers::All)
                .map_err(|error| Failure::io(&error, path.display()))?;
        }
        None => tls::warn("no client can trust this server: `--ca-out FILE` writes the CA's certificate"),
    }
    Identity::new(provider, vec![leaf.certificate], leaf.key.der())
        .map_err(|error| Failure::broken(format!("no certificate could be made: {error}")))
}
