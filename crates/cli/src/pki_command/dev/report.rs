//! What was made, and what to do with it.

use super::{Files, IGNORE};
use crate::escape;
use crate::pki_command::dev::scope;
use handfast::pki::{Certificate, Rule, name};
use std::fmt::Write;
use std::path::Path;

/// How many names, and how many permitted subtrees, are listed.
const SHOWN_NAMES: usize = 20;

/// What there is now.
pub(super) struct Report<'a> {
    pub(super) files: &'a Files,
    pub(super) leaf: &'a [u8],
    pub(super) issuer: &'a Certificate<'a>,
    /// The CA is new.
    pub(super) is_new: bool,
    pub(super) made_dir: bool,
    pub(super) made_ignore: bool,
}

impl Report<'_> {
    /// For people.
    pub(super) fn text(&self) -> Result<String, Rule> {
        let mut out = self.inventory()?;
        out.push_str(&self.trusting());
        out.push_str(&self.removing());
        Ok(out)
    }

    fn inventory(&self) -> Result<String, Rule> {
        let certificate = Certificate::parse(self.leaf)?;
        let (names, more) = name::names(&certificate, SHOWN_NAMES)?;
        let [ca, ca_key, cert, key] = self.paths();
        let (age, until) = (if self.is_new { "new" } else { "kept" }, self.issuer.validity().not_after);
        Ok(format!(
            "\
CA certificate  {ca} ({age}, until {until})
CA key          {ca_key}
certificate     {cert} (until {end})
its key         {key}
names           {names}

Use it:
  handfast serve --cert {cert} --key {key}
  handfast connect localhost:4433 --cafile {ca}
",
            end = certificate.validity().not_after,
            names = listed(names, more),
        ))
    }

    fn trusting(&self) -> String {
        let [ca, ca_key, ..] = self.paths();
        let absolute = std::path::absolute(&self.files.ca).map_or_else(|_| ca.clone(), |path| quoted(&path));
        let nick = self.nick();
        let mut permitted = scope::permitted(self.issuer);
        let more = permitted.len().saturating_sub(SHOWN_NAMES);
        permitted.truncate(SHOWN_NAMES);
        format!(
            "
Trust the CA, in one program:
  curl     curl --cacert {ca} https://localhost:4433/
  Node.js  NODE_EXTRA_CA_CERTS={absolute} node app.js
  Firefox  Settings, Privacy & Security, View Certificates, Authorities, Import: {ca}
  Chrome   certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n {nick} -i {ca}
or on a whole machine:
  Debian   sudo cp {ca} /usr/local/share/ca-certificates/handfast-dev.crt
           sudo update-ca-certificates
  macOS    security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db {ca}
  Windows  certutil -user -addstore Root {ca}

Whoever has {ca_key} can pass for every site that the CA may issue for, wherever the CA is trusted.
That is, with all that is below the host names: {permitted}.
Do not share it, and trust the CA on no machine but this one.
",
            permitted = listed(permitted, more),
        )
    }

    /// What was made here, and nothing else.
    fn removing(&self) -> String {
        let [ca, ca_key, cert, key] = self.paths();
        let (nick, dir) = (self.nick(), self.files.ca.parent().unwrap_or(Path::new(".")));
        let ignore = if self.made_ignore { format!(" {}", quoted(&dir.join(IGNORE))) } else { String::new() };
        let mut out = format!(
            "
Remove it again:
  Debian   sudo rm /usr/local/share/ca-certificates/handfast-dev.crt
           sudo update-ca-certificates --fresh
  Chrome   certutil -d sql:$HOME/.pki/nssdb -D -n {nick}
  macOS    security remove-trusted-cert {ca}
  Windows  certutil -user -delstore Root {nick}
  rm {ca} {ca_key} {cert} {key}{ignore}
"
        );
        if self.made_dir {
            // Writing to a string does not fail.
            let _ = writeln!(out, "  rmdir {}", quoted(dir));
        }
        out
    }

    fn paths(&self) -> [String; 4] {
        let files = self.files;
        [&files.ca, &files.ca_key, &files.certificate, &files.key].map(|path| quoted(path))
    }

    /// The common name of the CA.
    fn nick(&self) -> String {
        let subject = self.issuer.subject().to_string();
        quoted(Path::new(subject.strip_prefix("CN=").unwrap_or(&subject)))
    }
}

fn listed(names: Vec<String>, more: usize) -> String {
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    names.join(", ") + &more
}

/// A path as a shell reads it, and no program takes for an option.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let text = if text.starts_with('-') { format!("./{text}") } else { text };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if text.chars().all(is_plain) && !text.is_empty() {
        return text;
    }
    let shown = |c: char| if c == '\\' || !escape::is_hidden(c) { c } else { '?' };
    format!("'{}'", text.chars().map(shown).collect::<String>().replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_for_a_shell() {
        for (path, text) in [
            ("a/b-c.pem", "a/b-c.pem"),
            ("a b", "'a b'"),
            ("$(x)", "'$(x)'"),
            ("", "''"),
            ("-rf/ca.pem", "./-rf/ca.pem"),
            ("a\u{1b}[2J\u{202e}'", "'a?[2J?'\\'''"),
            ("a\\b", "'a\\b'"),
        ] {
            assert_eq!(quoted(Path::new(path)), text);
        }
    }
}
