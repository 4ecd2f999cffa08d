//! Files of one directory, and of no other.

use super::connections::NEWS;
use super::http::{Answer, Body, MOVED, NOT_FOUND, OK, UNAVAILABLE};
use super::request::Request;
use crate::failure::Failure;
use crate::{descriptors, file};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use std::{fs, io};

/// A directory whose files are served.
pub(crate) struct Files {
    /// With nothing symbolic left in it.
    root: PathBuf,
    /// When it was said that one could not be opened.
    told: Mutex<Option<Instant>>,
}

impl Files {
    pub(crate) fn new(root: &Path) -> Result<Self, Failure> {
        let canonical = fs::canonicalize(root).map_err(|error| Failure::io(&error, root.display()))?;
        if canonical.is_dir() {
            Ok(Self { root: canonical, told: Mutex::default() })
        } else {
            Err(Failure::usage(format!("{} is not a directory", root.display())))
        }
    }

    /// The file of a path, the index of a directory, or that there is none. Whatever is wrong with a path, there is none; but where
    /// the system gives no more files, that is no fault of the path.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        match self.find(&request.path) {
            Ok(found) => found.unwrap_or_else(|| Answer::plain(NOT_FOUND)),
            Err(error) => {
                self.tell(&error);
                Answer::plain(UNAVAILABLE)
            }
        }
    }

    /// Says why a file could not be opened, which must not fill a log.
    fn tell(&self, error: &io::Error) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= NEWS) {
            *told = Some(Instant::now());
            drop(told);
            super::log("files", &format!("a file could not be opened: {error}"));
        }
    }

    fn find(&self, path: &str) -> io::Result<Option<Answer>> {
        let mut file = self.root.clone();
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        for segment in &segments {
            let Some(name) = name(segment) else { return Ok(None) };
            file.push(name);
        }
        let Some(file) = self.inside(&file)? else { return Ok(None) };
        if !file.is_dir() {
            return if path.ends_with('/') { Ok(None) } else { open(&file) };
        }
        if path.ends_with('/') {
            let index = self.inside(&file.join("index.html"))?;
            return index.map_or(Ok(None), |index| open(&index));
        }
        // Made from the segments: a path with two slashes at its front would lead to another host.
        let location = format!("/{}/", segments.join("/"));
        Ok(Some(Answer { location: Some(location), ..Answer::plain(MOVED) }))
    }

    /// What a path leads to: a symbolic link must not lead out of the directory.
    fn inside(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        Ok(there(fs::canonicalize(path))?.filter(|file| file.starts_with(&self.root)))
    }
}

fn open(path: &Path) -> io::Result<Option<Answer>> {
    let Some(file) = there(file::open_regular(path))? else { return Ok(None) };
    let Some(metadata) = there(file.metadata())? else { return Ok(None) };
    let content_type = content_type(path.extension().and_then(|extension| extension.to_str()).unwrap_or_default());
    Ok(Some(Answer { status: OK, content_type, body: Body::File(file, metadata.len()), location: None }))
}

/// What there is, or that there is nothing. An error is only what has nothing to do with the path.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if descriptors::are_short(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

/// One segment of a path as the name of a file. Names that begin with a dot are hidden, and mean nothing above the
/// directory; what separates names on any system is no part of one.
fn name(segment: &str) -> Option<String> {
    let name = decode(segment)?;
    let is_hidden = name.starts_with('.') && name != ".well-known";
    let is_odd = name.chars().any(|c| matches!(c, '/' | '\\' | ':') || c.is_control());
    (!is_hidden && !is_odd).then_some(name)
}

/// Takes the percent signs out (RFC 3986 §2.1).
fn decode(segment: &str) -> Option<String> {
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        out.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(out).ok()
}

fn content_type(extension: &str) -> &'static str {
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "txt" | "md" | "log" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "json" | "map" => "application/json",
        "xml" => "application/xml",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        "gz" => "application/gzip",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::request::Method;
    use std::io::Read;

    /// A directory of its own, gone afterwards.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("handfast-files-{}", std::process::id()));
            fs::create_dir_all(path.join("root/sub")).unwrap();
            for (file, text) in [
                ("secret", "secret"),
                ("root/index.html", "front"),
                ("root/sub/index.html", "sub"),
                ("root/a b.txt", "spaced"),
                ("root/.hidden", "hidden"),
            ] {
                fs::write(path.join(file), text).unwrap();
            }
            fs::create_dir_all(path.join("root/empty")).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink(path.join("secret"), path.join("root/link")).unwrap();
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// The status, and the content or the location.
    fn get(files: &Files, path: &str) -> (u16, String) {
        let request = Request { method: Method::Get, path: path.to_string(), keep_alive: true };
        let Answer { status, body, location, .. } = files.answer(&request);
        let mut text = String::new();
        match (body, location) {
            (_, Some(location)) => text = location,
            (Body::File(mut file, _), _) => drop(file.read_to_string(&mut text).unwrap()),
            (Body::Text(_) | Body::Filling(_), _) => {}
        }
        (status.0, text)
    }

    #[test]
    fn files_of_the_directory_and_no_others() {
        let scratch = Scratch::new();
        let files = Files::new(&scratch.0.join("root")).unwrap();
        for (path, status, text) in [
            ("/", 200, "front"),
            ("//", 200, "front"),
            ("/index.html", 200, "front"),
            ("/a%20b.txt", 200, "spaced"),
            ("/sub/", 200, "sub"),
            ("/sub", 301, "/sub/"),
            ("//sub", 301, "/sub/"),
            ("/empty/", 404, ""),
            ("/index.html/", 404, ""),
            ("/nothing", 404, ""),
            ("/../secret", 404, ""),
            ("/%2e%2e/secret", 404, ""),
            ("/..%2fsecret", 404, ""),
            ("/sub/../../secret", 404, ""),
            ("/sub/..\\..\\secret", 404, ""),
            ("/.hidden", 404, ""),
            ("/link", 404, ""),
            ("/index.html%00", 404, ""),
            ("/%", 404, ""),
            ("/%zz", 404, ""),
            ("/%ff", 404, ""),
        ] {
            assert_eq!(get(&files, path), (status, text.to_string()), "{path}");
        }
        assert!(Files::new(&scratch.0.join("secret")).is_err());
        assert!(Files::new(&scratch.0.join("missing")).is_err());
    }
}
